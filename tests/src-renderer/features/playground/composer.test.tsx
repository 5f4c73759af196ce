// @vitest-environment happy-dom
import { cleanup, createEvent, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { Composer } from '../../../../src-renderer/features/playground/composer.tsx';
import { useConversation } from '../../../../src-renderer/features/playground/conversation.ts';

afterEach(() => {
  cleanup();
  useConversation.setState({ draft: '', stop: null });
});

function compose(text: string, blocked: string | null = null) {
  const onSend = vi.fn();
  render(<Composer blocked={blocked} onSend={onSend} />);
  const area = screen.getByLabelText('Message');
  fireEvent.change(area, { target: { value: text } });
  return { onSend, area };
}

test('Enter sends what was written, without the space around it', () => {
  const { onSend, area } = compose('  Hello ');
  fireEvent.keyDown(area, { key: 'Enter' });
  expect(onSend).toHaveBeenCalledExactlyOnceWith('Hello');
});

test('Shift+Enter, the Enter that ends an input method, and an empty text send nothing', () => {
  const { onSend, area } = compose('Hello');
  fireEvent.keyDown(area, { key: 'Enter', shiftKey: true });
  const composing = createEvent.keyDown(area, { key: 'Enter' });
  Object.defineProperty(composing, 'isComposing', { value: true });
  fireEvent(area, composing);
  fireEvent.change(area, { target: { value: '   ' } });
  fireEvent.keyDown(area, { key: 'Enter' });
  expect(onSend).not.toHaveBeenCalled();
});

test('a model that does not run says why nothing can be sent', () => {
  const { onSend, area } = compose('Hello', 'Qwen is stopped');
  fireEvent.keyDown(area, { key: 'Enter' });
  expect(onSend).not.toHaveBeenCalled();
  expect(screen.getByText('Qwen is stopped')).toBeTruthy();
  expect(screen.getByRole('button', { name: 'Send' }).hasAttribute('disabled')).toBe(true);
});

test('while an answer comes, the button and Escape stop it, and Enter sends no second question', () => {
  const stop = vi.fn();
  useConversation.setState({ stop });
  const { onSend, area } = compose('Next');
  fireEvent.keyDown(area, { key: 'Enter' });
  fireEvent.keyDown(area, { key: 'Escape' });
  fireEvent.click(screen.getByRole('button', { name: 'Stop generating' }));
  expect(onSend).not.toHaveBeenCalled();
  expect(stop).toHaveBeenCalledTimes(2);
});
