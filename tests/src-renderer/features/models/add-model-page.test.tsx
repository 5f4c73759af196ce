// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { client } from '../../../../src-renderer/api/client.ts';
import { router } from '../../../../src-renderer/app/router.tsx';
import { openWindow } from '../../../fakes/preview-window.tsx';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const field = (label: string) => screen.findByLabelText<HTMLInputElement>(label, { selector: 'input, textarea' });
const type = async (label: string, value: string) => fireEvent.change(await field(label), { target: { value } });
const press = async (name: string) => fireEvent.click(await screen.findByRole('button', { name }));
const newest = async () => (await client.models.list()).at(-1);

test('a pasted command becomes a model with every field it names, and what is left out is said', async () => {
  openWindow('full');
  await router.navigate({ to: '/models/new' });
  fireEvent.click(await screen.findByRole('radio', { name: 'Paste a command' }));
  await type(
    'Command or configuration',
    'docker run -p 8000:8000 vllm/vllm-openai:v0.33.0 --model Qwen/Qwen3-8B --max-model-len 32768',
  );
  await press('Read it');
  await screen.findByText('-p 8000:8000');
  await press('Save without starting');
  await waitFor(async () => expect(await newest()).toMatchObject({ repo_id: 'Qwen/Qwen3-8B' }));
  expect(await newest()).toMatchObject({
    engine_type: 'vllm',
    runtime: 'container',
    mode: 'online',
    engine_image: 'vllm/vllm-openai:v0.33.0',
    max_model_len: 32_768,
  });
});

test('a recipe fills the page in, and a warning is mended before anything is saved', async () => {
  openWindow('full');
  await router.navigate({ to: '/models/new', search: { recipe: 1 } });
  await waitFor(async () => expect((await field('Served name')).value).toBe('long-documents'));
  await type('Context length', '90000');
  await press('Set Context length to 40960');
  expect((await field('Context length')).value).toBe('40960');
});

test('a token is sent with the model, and with nothing before it', async () => {
  const sent: string[] = [];
  openWindow('full');
  const { fetch } = globalThis;
  vi.stubGlobal('fetch', async (request: Request) => {
    sent.push(`${request.url} ${await request.clone().text()}`);
    return fetch(request);
  });
  await router.navigate({ to: '/models/new' });
  fireEvent.click(await screen.findByRole('radio', { name: 'Hugging Face' }));
  await type('Model on Hugging Face', 'https://huggingface.co/Qwen/Qwen3-8B');
  await type('Hugging Face token', 'hf_secret');
  const summary = await screen.findByRole('complementary', { name: 'Summary' });
  await within(summary).findByText(/--model Qwen\/Qwen3-8B/);
  expect(sent.filter((line) => line.includes('hf_secret'))).toEqual([]);
  await press('Save without starting');
  await waitFor(() => expect(sent.filter((line) => line.includes('hf_secret'))).toHaveLength(1));
});
