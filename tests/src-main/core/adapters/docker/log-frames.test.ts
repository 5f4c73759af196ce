import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FinishedLines,
  FrameReader,
  ProgressDrawings,
} from '../../../../../src-main/core/adapters/docker/log-frames.ts';

function frame(output: 'stdout' | 'stderr', payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header[0] = output === 'stdout' ? 1 : 2;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [...new Set(at.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [...places, bytes.length].map((end, index) => bytes.subarray(places[index - 1] ?? 0, end));
}

function finished(text: Buffer, at: readonly number[] = []): string[] {
  const lines: string[] = [];
  const reader = new FinishedLines((line) => lines.push(line));
  for (const chunk of cut(text, at)) reader.push(chunk);
  reader.end();
  return lines;
}

describe('Docker’s log frames', () => {
  it('come out whole and in order however the stream was cut', () => {
    const frames = fc.array(fc.tuple(fc.constantFrom('stdout', 'stderr'), fc.uint8Array({ maxLength: 40 })));
    fc.assert(
      fc.property(frames, fc.array(fc.nat(500)), (given, at) => {
        const read: [string, string][] = [];
        const reader = new FrameReader((output, payload) => read.push([output, payload.toString('hex')]));
        const bytes = Buffer.concat(given.map(([output, payload]) => frame(output, Buffer.from(payload))));
        for (const chunk of cut(bytes, at)) reader.push(chunk);
        expect(read).toEqual(given.map(([output, payload]) => [output, Buffer.from(payload).toString('hex')]));
      }),
    );
  });

  it('are told from bytes that are none, before a length of gigabytes is waited for', () => {
    const reader = new FrameReader(() => undefined);
    expect(() => reader.push(Buffer.from('plain text of a terminal'))).toThrow('not framed');
  });
});

describe('lines of a log', () => {
  it('are the same however the bytes were cut, in the middle of a letter too', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'ß', '語', '🙂', ' '), maxLength: 12 })),
        fc.array(fc.nat(300)),
        (lines, at) => {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          expect(finished(bytes, at)).toEqual(lines);
        },
      ),
    );
  });

  it('keep of a progress bar what a terminal would: its last drawing', () => {
    const bar = 'begin\r\n\rLoading:  0%|  |\rLoading: 50%|█ |\rLoading: 100%|██|\nnext\nlast';
    expect(finished(Buffer.from(bar))).toEqual(['begin', 'Loading: 100%|██|', 'next', 'last']);
  });

  it('do not fill the memory when no line ever ends', () => {
    const lines: string[] = [];
    const reader = new FinishedLines((line) => lines.push(line));
    for (let at = 0; at < 40; at += 1) reader.push(Buffer.from(`\r${'x'.repeat(10_000)}`));
    for (let at = 0; at < 40; at += 1) reader.push(Buffer.from('y'.repeat(10_000)));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(100_000);
    expect(lines.length).toBeGreaterThan(2);
  });
});

it('a progress bar is seen while its line is unfinished, which Docker’s own log never shows', () => {
  const drawings: string[] = [];
  const reader = new ProgressDrawings((drawing) => drawings.push(drawing));
  for (const text of ['a plain line\n', '\rLoading:  0%', '\rLoading: 50%', '\rLoading: 100%\nnext\n', 'more\n']) {
    reader.push(Buffer.from(text));
  }
  expect(drawings).toEqual(['Loading:  0%', 'Loading: 50%']);
});
