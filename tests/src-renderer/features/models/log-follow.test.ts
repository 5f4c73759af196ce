import { expect, test } from 'vitest';
import { followsAfterScroll } from '../../../../src-renderer/features/models/log-follow.ts';

const at = (scrollTop: number, scrollHeight = 1_000) => ({ scrollTop, scrollHeight, clientHeight: 200 });

test('a scroll up from the end stops following, by whatever it came', () => {
  expect(followsAfterScroll(true, 800, at(600))).toBe(false);
  expect(followsAfterScroll(true, 800, at(0))).toBe(false);
});

test('a step up that is still near the end does not begin following again', () => {
  expect(followsAfterScroll(false, 800, at(795))).toBe(false);
});

test('coming down follows again only at the end', () => {
  expect(followsAfterScroll(false, 100, at(400))).toBe(false);
  expect(followsAfterScroll(false, 400, at(800))).toBe(true);
});

test('a log that grows or becomes shorter under a following reader is followed on', () => {
  expect(followsAfterScroll(true, 800, at(800, 1_400))).toBe(true);
  expect(followsAfterScroll(true, 800, at(300, 500))).toBe(true);
});
