// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { Login, tokenOf } from '../../../src-renderer/app/login.tsx';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test('a token is read from a whole line, a link, a bare path and itself', () => {
  expect(tokenOf('Log in once with http://127.0.0.1:8084/login?token=ab-C_9 ')).toBe('ab-C_9');
  expect(tokenOf('/login?token=abc#x')).toBe('abc');
  expect(tokenOf('  kq3vXw81mPq0LrT5  ')).toBe('kq3vXw81mPq0LrT5');
  expect(tokenOf('hello there')).toBeNull();
});

function paste(text: string): void {
  render(<Login />);
  fireEvent.change(screen.getByLabelText('Login link or token'), { target: { value: text } });
  fireEvent.click(screen.getByRole('button', { name: 'Log in' }));
}

test('the field has the focus at once', () => {
  render(<Login />);
  expect(document.activeElement).toBe(screen.getByLabelText('Login link or token'));
});

test('text without a token is refused here, not sent', async () => {
  const fetch = vi.fn();
  vi.stubGlobal('fetch', fetch);
  paste('hello there');
  expect(await screen.findByText(/holds no login token/)).toBeTruthy();
  expect(fetch).not.toHaveBeenCalled();
});

test('a used link says so at the field', async () => {
  vi.stubGlobal(
    'fetch',
    vi.fn(() => Promise.resolve(new Response('', { status: 401 }))),
  );
  paste('/login?token=used-token');
  expect(await screen.findByText(/already used or has expired/)).toBeTruthy();
});
