import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type MetadataValue, writeGguf } from '../../../../../resources/self-test-model/gguf-writer.ts';
import { FileInspector } from '../../../../../src-main/core/adapters/inspector/file-inspector.ts';
import { quantOfName } from '../../../../../src-main/core/services/library/gguf-groups.ts';
import { Library } from '../../../../../src-main/core/services/library/library.ts';
import { LibraryFolderTable } from '../../../../../src-main/core/store/library-folders.ts';
import { openStore } from '../../../../../src-main/core/store/open.ts';
import { SettingTable } from '../../../../../src-main/core/store/settings.ts';
import { FolderInspection } from '../../../../../src-main/contract/library.ts';

let root = '';
let base = '';
let library: Library;
let inspector: FileInspector;
let users: string[] = [];

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'cortex-library-')));
  base = join(root, 'models');
  for (const name of ['models/empty', 'data', 'elsewhere', 'built-in'])
    mkdirSync(join(root, name), { recursive: true });
  users = [];
  const store = openStore(':memory:');
  inspector = new FileInspector();
  library = new Library({
    folders: new LibraryFolderTable(store),
    settings: new SettingTable(store),
    clock: { now: () => 1 },
    inspector,
    initialBaseDir: base,
    dataDir: join(root, 'data'),
    builtInFolders: [join(root, 'built-in')],
    modelsIn: () => users,
  });
});
afterEach(async () => {
  await inspector[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

/** A GGUF with one tensor; `metadata` beside the architecture. */
function model(path: string, metadata: Record<string, MetadataValue> = {}, tensors = 1): Uint8Array<ArrayBuffer> {
  const bytes = writeGguf(
    { 'general.architecture': { type: 'string', value: 'llama' }, ...metadata },
    Array.from({ length: tensors }, (_, at) => ({ name: `t${at}`, dimensions: [8], data: new Float32Array(8) })),
  );
  place(path, bytes);
  return bytes;
}
function place(path: string, bytes: string | Uint8Array): string {
  const file = join(root, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, bytes);
  return file;
}
/** `split.count` is a u16 in real files. */
const part = (number: number, count: number): Record<string, MetadataValue> => ({
  'split.no': { type: 'raw', value: Uint8Array.from([2, 0, 0, 0, number, 0]) },
  'split.count': { type: 'raw', value: Uint8Array.from([2, 0, 0, 0, count, 0]) },
});
const inspect = async (folder: string) =>
  FolderInspection.strict().parse(await library.inspectFolder(undefined, folder));

describe('the base directory', () => {
  test('begins with the option and stays what the owner sets', async () => {
    expect(library.baseDir()).toBe(base);
    await library.setBaseDir(join(root, 'elsewhere'));
    expect(library.baseDir()).toBe(join(root, 'elsewhere'));
  });

  test.each([
    ['relative', 'models', 'path_not_absolute'],
    ['absent', '/nowhere/at/all', 'path_not_found'],
    ['the file system', '/', 'folder_not_allowed'],
    ['the system’s', '/etc', 'folder_not_allowed'],
  ])('is not %s', async (_, path, code) => {
    await expect(library.setBaseDir(path)).rejects.toMatchObject({ code });
  });

  test('is no file, and not the data directory with its keys', async () => {
    await expect(library.setBaseDir(place('a-file', ''))).rejects.toMatchObject({ code: 'path_not_a_folder' });
    await expect(library.setBaseDir(join(root, 'data'))).rejects.toMatchObject({ code: 'folder_not_allowed' });
  });

  test('lists its sub-folders, links included, hidden ones not', async () => {
    for (const name of ['m10', 'm2', '.cache']) mkdirSync(join(base, name));
    symlinkSync(join(root, 'elsewhere'), join(base, 'linked'));
    expect(await library.localFolders()).toEqual(['empty', 'linked', 'm2', 'm10']);
  });
});

describe('library folders', () => {
  test('are added by their real path, listed after the base directory, and removed', async () => {
    symlinkSync(join(root, 'elsewhere'), join(root, 'alias'));
    await library.addFolder(join(root, 'alias'));
    await library.addFolder(join(root, 'elsewhere'));
    expect(await library.folders()).toEqual([
      { path: base, base: true, exists: true },
      { path: join(root, 'elsewhere'), base: false, exists: true },
    ]);
    await library.removeFolder(join(root, 'alias'));
    expect(await library.folders()).toHaveLength(1);
  });

  test('in use stay, and the base directory cannot be removed', async () => {
    await library.addFolder(join(root, 'elsewhere'));
    users = ['llama'];
    await expect(library.removeFolder(join(root, 'elsewhere'))).rejects.toMatchObject({ code: 'folder_in_use' });
    await expect(library.removeFolder(base)).rejects.toMatchObject({ code: 'folder_not_allowed' });
    await expect(library.removeFolder('/nowhere')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('gone from the disk are shown as gone', async () => {
    await library.addFolder(join(root, 'elsewhere'));
    rmSync(join(root, 'elsewhere'), { recursive: true });
    expect((await library.folders())[1]).toMatchObject({ exists: false });
  });
});

describe('a path', () => {
  test.each([
    ['climbs out', '../elsewhere/m.gguf'],
    ['is absolute elsewhere', '/etc/passwd'],
    ['is absent elsewhere', '/nowhere/m.gguf'],
    ['goes through a link out', 'out/m.gguf'],
    ['is a link out', 'out.gguf'],
    ['is the admin token', '../data/admin-token'],
  ])('that %s is refused', async (_, path) => {
    model('elsewhere/m.gguf');
    place('data/admin-token', 'secret');
    symlinkSync(join(root, 'elsewhere'), join(base, 'out'));
    symlinkSync(join(root, 'elsewhere/m.gguf'), join(base, 'out.gguf'));
    await expect(library.resolve(path)).rejects.toMatchObject({ code: 'path_outside_library' });
    await expect(library.resolveFile(path)).rejects.toMatchObject({ code: 'path_outside_library' });
  });

  test('into the data directory is refused even from a folder above it', async () => {
    place('data/admin-token', 'secret');
    await library.addFolder(root);
    await expect(library.resolveFile(join(root, 'data/admin-token'))).rejects.toMatchObject({
      code: 'path_outside_library',
    });
  });

  test('may lead into an added folder or a built-in one', async () => {
    model('elsewhere/m.gguf');
    model('built-in/self-test.gguf');
    await library.addFolder(join(root, 'elsewhere'));
    expect(await library.resolve(join(root, 'elsewhere'))).toBe(join(root, 'elsewhere/m.gguf'));
    expect(await library.resolve(join(root, 'built-in'))).toBe(join(root, 'built-in/self-test.gguf'));
  });

  test.each([
    ['nothing', 'nothing.gguf', 'path_not_found'],
    ['a NUL', 'a\0b', 'path_not_found'],
    ['an empty folder', 'empty', 'no_model_file'],
    ['a file that is no model', 'notes.txt', 'no_model_file'],
    ['a folder with two models', 'two', 'several_model_files'],
  ])('to %s is refused in words', async (_, path, code) => {
    place('models/notes.txt', 'x');
    model('models/two/a.gguf');
    model('models/two/b.gguf');
    await expect(library.resolve(path)).rejects.toMatchObject({ code });
  });

  test('to a pipe, by itself, behind a link or as a part, is refused and never opened', async () => {
    for (const name of ['fifo.gguf', 'm-00002-of-00002.gguf']) execFileSync('mkfifo', [join(base, name)]);
    model('models/m-00001-of-00002.gguf', part(0, 2));
    symlinkSync(join(base, 'fifo.gguf'), join(base, 'link.gguf'));
    for (const path of ['fifo.gguf', 'link.gguf', 'm-00001-of-00002.gguf']) {
      await expect(library.resolve(path)).rejects.toMatchObject({
        code: 'path_not_readable',
        message: expect.stringContaining('it is a named pipe, not a file'),
      });
    }
    await expect(library.resolveFile('fifo.gguf')).rejects.toMatchObject({ code: 'path_not_readable' });
    mkdirSync(join(base, 'folder.gguf'));
    await expect(library.resolve('folder.gguf')).rejects.toMatchObject({ code: 'no_model_file' });
  });

  test('to a folder finds its one model beside a projector', async () => {
    model('models/vision/m.gguf');
    model('models/vision/mmproj-F16.gguf', { 'general.type': { type: 'string', value: 'mmproj' } });
    expect(await library.resolve('vision')).toBe(join(base, 'vision/m.gguf'));
  });

  test('to any part of a split model gives the first one, links by name intact', async () => {
    for (const number of [1, 2]) {
      model(`models/blobs/sha${number}`, part(number - 1, 2));
      mkdirSync(join(base, 'snap'), { recursive: true });
      symlinkSync(join(base, `blobs/sha${number}`), join(base, `snap/m-0000${number}-of-00002.gguf`));
    }
    const first = join(base, 'snap/m-00001-of-00002.gguf');
    expect(await library.resolve('snap/m-00002-of-00002.gguf')).toBe(first);
    expect(await library.resolve('snap')).toBe(first);
    rmSync(join(base, 'snap/m-00002-of-00002.gguf'));
    await expect(library.resolve(first)).rejects.toMatchObject({ code: 'path_not_found' });
  });
});

describe('an inspected folder', () => {
  test('that is empty is no error', async () => {
    expect(await inspect('empty')).toMatchObject({ has_gguf: false, gguf_groups: [], gguf_validation: { errors: [] } });
  });

  test('says of each bad file what is wrong with it, and still shows the good one first', async () => {
    const good = model('models/mix/z-good.gguf', { 'general.file_type': { type: 'uint32', value: 15 } });
    place('models/mix/a-text.gguf', 'just a note\n');
    place('models/mix/b-cut.gguf', good.subarray(0, 60));
    place('models/mix/c-short.gguf', good.subarray(0, good.length - 8));
    const huge = Buffer.concat([Buffer.from(good.subarray(0, 24)), Buffer.alloc(7), Buffer.from([0x10])]);
    place('models/mix/d-huge.gguf', huge);
    symlinkSync('/etc/hostname', join(base, 'mix/e-link.gguf'));
    const inspection = await inspect('mix');
    expect(inspection.gguf_groups[0]).toMatchObject({
      files: ['z-good.gguf'],
      path: 'mix/z-good.gguf',
      status: 'ready',
      quant_type: 'Q4_K_M',
    });
    expect(inspection.gguf_validation).toMatchObject({ total_files: 6, valid_files: 1, invalid_files: 5 });
    expect(inspection.gguf_validation.errors.map(({ file, code }) => [file, code])).toEqual([
      ['a-text.gguf', 'not_gguf'],
      ['b-cut.gguf', 'header_truncated'],
      ['c-short.gguf', 'data_truncated'],
      ['d-huge.gguf', 'value_too_large'],
      ['e-link.gguf', 'path_outside_library'],
    ]);
    expect(inspection.engine_recommendation.recommended_engine).toBe('llamacpp');
  });

  test('groups parts, and names the missing ones', async () => {
    for (const number of [1, 3]) model(`models/split/m-0000${number}-of-00003.gguf`, part(number - 1, 3));
    const inspection = await inspect('split');
    const [group] = inspection.gguf_groups;
    expect(inspection.gguf_validation).toMatchObject({ valid_files: 0, invalid_files: 2 });
    expect(inspection.gguf_validation.errors).toMatchObject([{ file: group?.files[0], code: 'parts_missing' }]);
    expect(group).toMatchObject({ is_multipart: true, status: 'incomplete', path: 'split/m-00001-of-00003.gguf' });
    expect(group?.problem).toContain('Part 2 of 3 is missing');
  });

  test('counts the files of a group that is no model as invalid, though each can be read', async () => {
    for (const number of [1, 2, 3]) model(`models/odd/m-0000${number}-of-00003.gguf`);
    model('models/odd/good.gguf');
    const { gguf_groups: groups, gguf_validation: validation } = await inspect('odd');
    expect(groups.map(({ status }) => status)).toEqual(['ready', 'invalid']);
    expect(validation).toMatchObject({ total_files: 4, valid_files: 1, invalid_files: 3 });
    expect(validation.errors).toMatchObject([{ file: 'm-00001-of-00003.gguf', code: 'not_startable' }]);
  });

  test('shows no size of 0 for a file that holds something', async () => {
    const { length } = model('models/tiny/m.gguf');
    const [group] = (await inspect('tiny')).gguf_groups;
    expect((group?.total_size_mb ?? 0) * 1024 * 1024).toBeCloseTo(length, -1);
    expect(group?.total_size_mb).toBe(Number((length / 1024 / 1024).toPrecision(3)));
  });

  test('knows encoders, projectors and vocabularies for what they are', async () => {
    model('models/kinds/a.gguf', { 'general.architecture': { type: 'string', value: 'nomic-bert' } });
    model('models/kinds/b.gguf', { 'general.architecture': { type: 'string', value: 'clip' } });
    model('models/kinds/c.gguf', {}, 0);
    const groups = (await inspect('kinds')).gguf_groups;
    expect(groups.map(({ kind, task, status }) => [kind, task, status])).toEqual([
      ['model', 'embed', 'ready'],
      ['projector', 'generate', 'ready'],
      ['vocabulary', 'generate', 'invalid'],
    ]);
  });

  test('with 10,000 files is answered quickly and says where it stopped', async () => {
    const one = place('models/many/0.gguf', 'x');
    for (let at = 1; at < 10_000; at += 1) linkSync(one, join(base, 'many', `${at}.gguf`));
    const began = Date.now();
    const inspection = await inspect('many');
    expect(Date.now() - began).toBeLessThan(5000);
    expect(inspection.gguf_validation.total_files).toBe(10_000);
    expect(inspection.gguf_validation.errors.at(-1)?.code).toBe('too_many_files');
  }, 30_000);

  test('outside the library is refused', async () => {
    await expect(inspect('../elsewhere')).rejects.toMatchObject({ code: 'path_outside_library' });
    await expect(library.inspectFolder('/', 'etc')).rejects.toMatchObject({ code: 'path_outside_library' });
    await expect(library.localFolders('/etc')).rejects.toMatchObject({ code: 'path_outside_library' });
  });

  test('is read again when a file changes', async () => {
    place('models/change/m.gguf', 'text');
    expect((await inspect('change')).gguf_groups[0]?.status).toBe('invalid');
    model('models/change/m.gguf');
    expect((await inspect('change')).gguf_groups[0]?.status).toBe('ready');
  });
});

test.each([
  ['Llama-3-8B-Q4_K_M.gguf', 'Q4_K_M'],
  ['m-UD-Q4_K_XL-00001-of-00002.gguf', 'Q4_K_XL'],
  ['m.iq2_xxs.gguf', 'IQ2_XXS'],
  ['m-BF16.gguf', 'BF16'],
  ['Qwen3.gguf', null],
])('%s is quantized as %s by its name', (name, quant) => expect(quantOfName(name)).toBe(quant));
