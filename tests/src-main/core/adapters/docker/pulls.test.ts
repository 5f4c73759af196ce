import { describe, expect, it } from 'vitest';
import {
  isReference,
  nameProblem,
  registryOf,
  withTag,
} from '../../../../../src-main/core/adapters/docker/image-reference.ts';
import { pullError } from '../../../../../src-main/core/adapters/docker/pull-errors.ts';
import { PullTally } from '../../../../../src-main/core/adapters/docker/pull-tally.ts';

function tallied(...lines: object[]) {
  const tally = new PullTally();
  for (const line of lines) tally.read(JSON.stringify(line));
  return tally;
}

describe('the progress of a download', () => {
  it('does not promise a total while layers wait that have not told their size', () => {
    const tally = tallied(
      { status: 'Pulling from vllm/vllm-openai', id: 'v0.29.0' },
      { status: 'Pulling fs layer', progressDetail: {}, id: 'a' },
      { status: 'Pulling fs layer', progressDetail: {}, id: 'b' },
      { status: 'Downloading', progressDetail: { current: 30, total: 100 }, id: 'a' },
    );
    expect(tally.progress()).toEqual({
      step: 'Downloading',
      bytes: 30,
      totalBytes: 100,
      isTotalKnown: false,
      layers: { done: 0, total: 2 },
    });
  });

  it('counts a layer’s bytes once, not again while it is unpacked', () => {
    const tally = tallied(
      { status: 'Downloading', progressDetail: { current: 90, total: 100 }, id: 'a' },
      { status: 'Download complete', progressDetail: {}, id: 'a' },
      { status: 'Extracting', progressDetail: { current: 7, total: 100 }, id: 'a' },
      { status: 'Already exists', progressDetail: {}, id: 'b' },
    );
    expect(tally.progress()).toEqual({
      step: 'Extracting',
      bytes: 100,
      totalBytes: 100,
      isTotalKnown: true,
      layers: { done: 1, total: 2 },
    });
  });

  it('takes an error line for an error, and what it does not know for nothing', () => {
    expect(tallied({ errorDetail: { message: 'no space left on device' }, error: 'x' }).error).toBe(
      'no space left on device',
    );
    const tally = new PullTally();
    expect([tally.read('not json'), tally.read('{"status":"Digest: sha256:1"}'), tally.read('[]')]).toEqual([
      false,
      false,
      false,
    ]);
    expect(tally.progress().isTotalKnown).toBe(false);
  });
});

describe('what a failed download means', () => {
  it.each([
    [
      'manifest for vllm/vllm-openai:v0.0.0 not found: manifest unknown: manifest unknown',
      'image_not_found',
      'Check its name',
    ],
    [
      `pull access denied for x, repository does not exist or may require 'docker login'`,
      'image_not_found',
      'docker login',
    ],
    ['unauthorized: authentication required', 'image_pull_failed', '`docker login ghcr.io`'],
    [
      'Get "https://ghcr.io/v2/": dial tcp: lookup ghcr.io: no such host',
      'image_pull_failed',
      'ghcr.io cannot be reached',
    ],
    ['failed to register layer: write /x: no space left on device', 'image_pull_failed', 'is full'],
    ['toomanyrequests: You have reached your pull rate limit', 'image_pull_failed', 'rate limit'],
  ])('%s', (sentence, code, words) => {
    const error = pullError('ghcr.io/a/b:c', sentence);
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });
});

describe('the name of an image', () => {
  it('gets the tag that a person means, not all tags', () => {
    expect(withTag('vllm/vllm-openai')).toBe('vllm/vllm-openai:latest');
    expect(withTag('127.0.0.1:5000/a')).toBe('127.0.0.1:5000/a:latest');
    expect(withTag('a@sha256:00')).toBe('a@sha256:00');
    expect([
      registryOf('vllm/vllm-openai:x'),
      registryOf('127.0.0.1:5000/a'),
      registryOf('localhost/a'),
      registryOf('a'),
    ]).toEqual(['docker.io', '127.0.0.1:5000', 'localhost', 'docker.io']);
  });

  it('cannot lead anywhere else in the engine’s API', () => {
    for (const good of [
      'a',
      'ghcr.io/ggml-org/llama.cpp:server-cuda-b10485',
      '127.0.0.1:5000/a/b:c',
      `sha256:${'0'.repeat(64)}`,
      `a/b@sha256:${'0'.repeat(64)}`,
    ]) {
      expect(isReference(good)).toBe(true);
    }
    for (const bad of [
      '',
      '../containers/x',
      'a/../b',
      'a?b',
      'a b',
      'a#b',
      '/a',
      'a/',
      'a:b:c',
      'a%2e',
      'x'.repeat(600),
    ]) {
      expect(isReference(bad)).toBe(false);
    }
  });

  it('is refused in a sentence that needs no field before it', () => {
    expect(nameProblem('hello world')).toMatch(/^The name of an image is written like "[^"]+"\.$/);
    expect(nameProblem('Org/Image:Tag')).toMatch(/^The name of an image must be in lower case/);
    expect(nameProblem('ghcr.io/org/image:Tag')).toBeNull();
  });
});
