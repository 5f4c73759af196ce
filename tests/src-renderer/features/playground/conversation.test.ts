// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import {
  applyEvent,
  deltaOf,
  MODEL_SAMPLING,
  requestOf,
  type Answer,
} from '../../../../src-renderer/features/playground/conversation.ts';

const answer: Answer = {
  id: 2,
  role: 'assistant',
  model: 'm',
  content: '',
  reasoning: '',
  status: 'streaming',
  finish: null,
  figures: null,
  error: null,
};
const question = { id: 1, role: 'user', content: 'Hello' } as const;

test('chunks without choices, such as the usage chunk, add nothing and break nothing', () => {
  for (const chunk of [{}, { choices: [] }, { choices: [{}] }, { choices: [{ delta: { content: null } }] }])
    expect(deltaOf(chunk)).toEqual({ content: '', reasoning: '', finish: null });
});

test('text and reasoning gather apart, and the end is remembered', () => {
  const events = [
    { choices: [{ delta: { reasoning_content: 'hm' } }] },
    { choices: [{ delta: { content: 'Hel' } }] },
    { choices: [{ delta: { content: 'lo' }, finish_reason: 'length' }] },
  ];
  const done = events.reduce((known, chunk) => applyEvent(known, { type: 'chunk', chunk }), answer);
  expect(done).toMatchObject({ content: 'Hello', reasoning: 'hm', finish: 'length', status: 'streaming' });
});

test('failed and empty answers are not sent back to the model; a stopped one is', () => {
  const turns = [
    question,
    { ...answer, status: 'failed' as const, content: 'half' },
    { ...question, id: 3, content: 'Again' },
    { ...answer, id: 4, status: 'stopped' as const, content: 'part' },
    { ...answer, id: 5 },
  ];
  expect(requestOf('m', turns, MODEL_SAMPLING)).toEqual({
    model: 'm',
    messages: [
      { role: 'user', content: 'Hello' },
      { role: 'user', content: 'Again' },
      { role: 'assistant', content: 'part' },
    ],
  });
});

test('an unset parameter is left out, so that the model’s own defaults hold; 0 is sent', () => {
  const request = requestOf('m', [question], { ...MODEL_SAMPLING, temperature: 0, system: ' Be brief. ' });
  expect(request).toMatchObject({ temperature: 0, messages: [{ role: 'system' }, { role: 'user' }] });
  expect('top_p' in request).toBe(false);
});
