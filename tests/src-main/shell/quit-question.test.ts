import { expect, test } from 'vitest';
import { quitQuestion } from '../../../src-main/shell/quit-question.ts';

const process = { name: 'Gemma', runtime: 'process' } as const;
const container = { name: 'Qwen', runtime: 'container' } as const;
const answers = (running: Parameters<typeof quitQuestion>[0]) =>
  quitQuestion(running).choices.map(([, answer]) => answer);

test('leaving is offered only where something could be left', () => {
  expect(answers([process])).toEqual(['quit', 'background', 'cancel']);
  expect(answers([process, container])).toEqual(['quit', 'background', 'leave', 'cancel']);
});

test('models are named, and it is said that plain processes end in any case', () => {
  const both = quitQuestion([process, container]);
  expect(both.message).toBe('2 models are running');
  expect(both.detail).toContain('Gemma, Qwen');
  expect(both.detail).toContain('Plain processes end in any case');
  const alone = quitQuestion([container]);
  expect(alone.message).toBe('Qwen is running');
  expect(alone.detail).not.toContain('Plain processes');
});
