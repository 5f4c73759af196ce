/*
 * How llama-server is compiled against the prebuilt libraries, without CMake: from `tools/server/CMakeLists.txt` and
 * `tools/mtmd/CMakeLists.txt` of llama.cpp v0.5.0. Everything else it needs is inside those libraries.
 */
const INCLUDES = [
  '.',
  'include',
  'ggml/include',
  'common',
  'vendor',
  'vendor/hash',
  'tools/mtmd',
  'tools/server',
] as const;
const DEFINES = ['LLAMA_SHARED', 'GGML_SHARED', 'GGML_BACKEND_SHARED', 'GGML_BACKEND_DL'] as const;

/** Programs of their own beside the mtmd library. */
const OTHER_PROGRAMS = new Set([
  'tools/mtmd/mtmd-cli.cpp',
  'tools/mtmd/deprecation-warning.cpp',
  'tools/mtmd/debug/mtmd-debug.cpp',
]);

/** Whether a file of llama.cpp's tree, by its path there, is compiled into llama-server. */
export function isServerSource(path: string): boolean {
  if (path === 'vendor/hash/hash.cpp' || path === 'vendor/hash/sha256/sha256.c') return true;
  if (OTHER_PROGRAMS.has(path)) return false;
  return /^tools\/server\/[^/]+\.cpp$/.test(path) || /^tools\/mtmd\/.+\.cpp$/.test(path);
}

export interface CompileUnit {
  readonly source: string;
  readonly object: string;
}

/** The compiler's arguments for one file; the working directory is llama.cpp's tree. */
export function compileArguments(unit: CompileUnit, uiFolder: string): [string, ...string[]] {
  const isC = unit.source.endsWith('.c');
  return [
    isC ? 'gcc' : 'g++',
    ...(isC ? [] : ['-std=c++17']),
    '-O1',
    '-w',
    ...DEFINES.map((name) => `-D${name}`),
    ...INCLUDES.flatMap((folder) => ['-I', folder]),
    '-I',
    uiFolder,
    '-c',
    unit.source,
    '-o',
    unit.object,
  ];
}

/** The names of the libraries the executable names itself; the packages put the release or the backend into some. */
export function linkedLibraries(names: readonly string[]): string[] | null {
  const wanted = [
    /^libllama-common\.so$/,
    /^libllama(\.v[^/]*)?\.so$/,
    /^libggml(\.v[^/]*)?\.so$/,
    /^libggml-base\.so$/,
  ];
  const found = wanted.map((pattern) => names.find((name) => pattern.test(name)));
  return found.every((name) => name !== undefined) ? found : null;
}

/** Links the objects so that the executable finds its libraries in its own folder, wherever that is moved. */
export function linkArguments(
  objects: readonly string[],
  libraryFolder: string,
  libraries: readonly string[],
  executable: string,
): [string, ...string[]] {
  return [
    'g++',
    '-s',
    '-o',
    executable,
    ...objects,
    '-L',
    libraryFolder,
    ...libraries.map((name) => `-l:${name}`),
    '-Wl,-rpath,$ORIGIN',
    '-pthread',
    '-ldl',
  ];
}
