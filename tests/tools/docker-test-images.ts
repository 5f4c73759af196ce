import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import Docker from 'dockerode';
import { pack, type Pack } from 'tar-stream';

export const LLAMA_SERVER_IMAGE = 'cortex-test/llama-server:v0.5.0';
/** A stand-in for vLLM, which cannot be had here. */
export const VLLM_IMAGE = 'cortex-test/vllm:v0.29.0';

const STAND_IN = resolve(import.meta.dirname, '../fakes/vllm');
const DIGEST_LABEL = 'cortex.test-digest';

/** A file of an image: its path inside, and where its bytes are. */
interface ImageFile {
  readonly path: string;
  readonly source: string | Buffer;
  readonly mode: number;
}

interface TestImage {
  readonly reference: string;
  readonly files: readonly ImageFile[];
  readonly changes: readonly string[];
}

/** Makes the test images that are not there yet. An image is a program and the libraries `ldd` names, nothing else. */
export async function makeTestImages(host: string, engineDir: string): Promise<void> {
  const docker = dockerAt(host);
  for (const image of [llamaServerImage(engineDir), vllmImage()]) await makeImage(docker, image);
}

export async function removeTestImages(host: string): Promise<void> {
  const docker = dockerAt(host);
  for (const reference of [LLAMA_SERVER_IMAGE, VLLM_IMAGE]) {
    await docker
      .getImage(reference)
      .remove({ force: true })
      .catch(() => undefined);
  }
}

export function dockerAt(host: string): Docker {
  const socketPath = /^unix:\/\/(.+)$/.exec(host)?.[1];
  if (socketPath !== undefined) return new Docker({ socketPath, host: undefined });
  const { hostname, port } = new URL(host.replace(/^tcp:/, 'http:'));
  return new Docker({ host: hostname, port, protocol: 'http' });
}

function llamaServerImage(engineDir: string): TestImage {
  const files = readdirSync(engineDir)
    .filter((name) => name === 'llama-server' || (name.endsWith('.so') && !/-(cuda|vulkan)\.so$/.test(name)))
    .map((name) => join(engineDir, name));
  return {
    reference: LLAMA_SERVER_IMAGE,
    files: [
      ...files.map((source) => ({ path: `/app/${source.slice(engineDir.length + 1)}`, source, mode: 0o755 })),
      ...librariesOf(files, engineDir),
      ...USERS,
    ],
    changes: ['ENTRYPOINT ["/app/llama-server"]', 'LABEL org.opencontainers.image.version=v0.5.0'],
  };
}

function vllmImage(): TestImage {
  const node = realpathSync(process.execPath);
  return {
    reference: VLLM_IMAGE,
    files: [
      { path: '/usr/local/bin/node', source: node, mode: 0o755 },
      ...librariesOf([node], dirname(node)),
      ...standInFiles(),
      ...USERS,
    ],
    changes: [
      'ENTRYPOINT ["vllm","serve"]',
      'ENV PATH=/usr/local/bin:/usr/bin:/bin',
      'LABEL org.opencontainers.image.version=v0.29.0',
    ],
  };
}

function standInFiles(): ImageFile[] {
  const entry = ['vllm.ts', 'vllm.mjs'].find((name) => existsSync(join(STAND_IN, name)));
  // It needs neither a shell nor a package: a program that node runs.
  const program = `#!/usr/local/bin/node\nimport('/opt/vllm/${entry ?? 'none'}');\n`;
  const files = entry === undefined ? [] : readdirSync(STAND_IN, { recursive: true, encoding: 'utf8' });
  return [
    { path: '/usr/local/bin/vllm', source: Buffer.from(program), mode: 0o755 },
    ...files
      .map((name) => ({ path: `/opt/vllm/${name}`, source: join(STAND_IN, name), mode: 0o644 }))
      .filter(({ source }) => statSync(source).isFile()),
    { path: '/opt/vllm/package.json', source: Buffer.from('{"type":"module"}'), mode: 0o644 },
  ];
}

const USERS: readonly ImageFile[] = [
  { path: '/etc/passwd', source: Buffer.from('root:x:0:0::/root:/none\nnobody:x:65534:65534::/:/none\n'), mode: 0o644 },
  { path: '/etc/group', source: Buffer.from('root:x:0:\nnogroup:x:65534:\n'), mode: 0o644 },
];

/** The shared libraries of the system that programs need, where the loader will look for them. */
function librariesOf(programs: readonly string[], ownFolder: string): ImageFile[] {
  const named = programs.flatMap((program) => {
    const said = execFileSync('ldd', [program], {
      encoding: 'utf8',
      env: { ...process.env, LD_LIBRARY_PATH: ownFolder },
    });
    return [...said.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path]) => path ?? '');
  });
  return [...new Set(named)]
    .filter((path) => path !== '' && !path.startsWith(`${ownFolder}/`))
    .map((path) => ({ path, source: realpathSync(path), mode: 0o755 }));
}

async function makeImage(docker: Docker, image: TestImage): Promise<void> {
  const digest = digestOf(image);
  const facts = await docker
    .getImage(image.reference)
    .inspect()
    .catch(() => null);
  if (facts?.Config.Labels?.[DIGEST_LABEL] === digest) return;
  const archive = pack();
  const [repo, tag] = image.reference.split(':');
  const written = writeFiles(archive, image.files);
  const changes = [...image.changes, `LABEL ${DIGEST_LABEL}=${digest}`];
  const stream = archive as unknown as NodeJS.ReadableStream;
  const answer = await docker.importImage(stream, { repo, tag, changes });
  answer.resume();
  await Promise.all([written, new Promise((resolve) => answer.once('end', resolve))]);
  await docker.getImage(image.reference).inspect();
}

function digestOf({ files, changes }: TestImage): string {
  const digest = createHash('sha256').update(JSON.stringify(changes));
  for (const { path, source } of files) {
    const content = typeof source === 'string' ? statSync(source).mtimeMs + statSync(source).size : source;
    digest.update(`${path} ${typeof content === 'number' ? content : content.toString('base64')}\n`);
  }
  return digest.digest('hex').slice(0, 16);
}

async function writeFiles(archive: Pack, files: readonly ImageFile[]): Promise<void> {
  for (const folder of ['tmp', 'models', 'cache', 'root', 'dev', 'proc', 'sys']) {
    archive.entry({ name: folder, type: 'directory', mode: folder === 'tmp' || folder === 'cache' ? 0o1777 : 0o755 });
  }
  for (const { path, source, mode } of files) {
    const name = path.slice(1);
    if (typeof source !== 'string') archive.entry({ name, mode }, source);
    else await pipeline(createReadStream(source), archive.entry({ name, mode, size: statSync(source).size }));
  }
  archive.finalize();
}
