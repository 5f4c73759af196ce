// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { useShortcuts } from '../../../src-renderer/app/shortcuts.ts';

const navigate = vi.fn();
vi.mock('@tanstack/react-router', () => ({ useNavigate: () => navigate }));

const actions = { onPalette: vi.fn(), onKeyboardSheet: vi.fn(), onToggleRail: vi.fn() };

function Screen({ popup }: { readonly popup: object }) {
  useShortcuts(actions);
  return (
    <div {...popup}>
      <input aria-label="Search commands" />
    </div>
  );
}

afterEach(() => {
  cleanup();
  vi.clearAllMocks();
});

test('a letter typed into an open dialog is text', () => {
  render(<Screen popup={{ role: 'dialog', 'data-open': '' }} />);
  fireEvent.keyDown(screen.getByLabelText('Search commands'), { key: '?' });
  fireEvent.keyDown(screen.getByLabelText('Search commands'), { key: 'n' });
  expect(actions.onKeyboardSheet).not.toHaveBeenCalled();
  expect(navigate).not.toHaveBeenCalled();
});

test('"?" right after Escape opens the sheet, though the palette still fades with the focus in it', () => {
  render(<Screen popup={{ role: 'dialog', 'data-closed': '', 'data-ending-style': '' }} />);
  fireEvent.keyDown(screen.getByLabelText('Search commands'), { key: '?' });
  expect(actions.onKeyboardSheet).toHaveBeenCalledOnce();
});
