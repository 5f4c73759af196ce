import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DamagedDatabaseError, NewerDatabaseError, openStore } from '../../../../src-main/core/store/open.ts';
import { MIGRATIONS } from '../../../../src-main/core/store/migrations/index.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cortex-store-'));
  path = join(directory, 'cortex.db');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const next = { version: 9999, name: 'next', sql: 'CREATE TABLE next_step (a INTEGER) STRICT;' };

test('migrations are in rising order, so that none is skipped', () => {
  const versions = MIGRATIONS.map(({ version }) => version);
  expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b));
});

test('every table is strict', () => {
  using db = disposable(openStore(path));
  const loose = db.value
    .prepare(
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
    )
    .all();
  expect(loose).toEqual([]);
});

test('a database of a newer program is refused, untouched, with what to do', () => {
  openStore(path, [...MIGRATIONS, next]).close();
  expect(() => openStore(path)).toThrow(NewerDatabaseError);
  expect(() => openStore(path)).toThrow(/newer version.*--data-dir/s);
  openStore(path, [...MIGRATIONS, next]).close();
});

test('an upgrade keeps the rows and makes a copy of the file first', () => {
  const before = openStore(path);
  before.prepare("INSERT INTO settings VALUES ('a', '1')").run();
  before.close();
  using after = disposable(openStore(path, [...MIGRATIONS, next]));
  expect(after.value.prepare('SELECT value FROM settings').pluck().get()).toBe('1');
  expect(existsSync(`${path}.before-9999`)).toBe(true);
  using copy = disposable(openStore(`${path}.before-9999`));
  expect(copy.value.prepare('SELECT value FROM settings').pluck().get()).toBe('1');
});

test('a failing migration leaves the old schema whole', () => {
  openStore(path).close();
  const broken = {
    version: 9999,
    name: 'broken',
    sql: 'CREATE TABLE half (a INTEGER) STRICT; SELECT no_such_function();',
  };
  expect(() => openStore(path, [...MIGRATIONS, broken])).toThrow(/no_such_function/);
  using db = disposable(openStore(path));
  expect(db.value.prepare("SELECT count(*) FROM sqlite_master WHERE name = 'half'").pluck().get()).toBe(0);
});

test('a file that is no database is refused with what to do', () => {
  writeFileSync(path, 'not a database at all, but long enough to be read as one '.repeat(20));
  expect(() => openStore(path)).toThrow(DamagedDatabaseError);
  expect(() => openStore(path)).toThrow(/Move it aside/);
});

test('a new database needs no copy', () => {
  openStore(path).close();
  expect(readdirSync(directory).filter((name) => name.includes('before'))).toEqual([]);
});

function disposable<T extends { close(): unknown }>(value: T): Disposable & { value: T } {
  return { value, [Symbol.dispose]: () => void value.close() };
}
