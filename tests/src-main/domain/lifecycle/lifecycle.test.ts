import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isActive,
  LIFE_EVENTS,
  LIFE_STATES,
  nextState,
  type LifeEvent,
} from '../../../../src-main/domain/lifecycle/lifecycle.ts';

const after = (...events: LifeEvent[]) => events.reduce(nextState, 'stopped');

describe('the life of a model', () => {
  it('runs, stops and fails as people expect', () => {
    expect(after('start', 'spawned', 'ready')).toBe('running');
    expect(after('start', 'spawned', 'ready', 'stop', 'exited')).toBe('stopped');
    expect(after('start', 'spawned', 'stop', 'exited')).toBe('stopped');
    expect(after('start', 'spawned', 'exited')).toBe('failed');
    expect(after('start', 'refused')).toBe('stopped');
    expect(after('start', 'spawned', 'exited', 'start')).toBe('starting');
  });

  it('is total, and can always be brought to rest', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...LIFE_EVENTS)), (events) => {
        const state = after(...events);
        expect(LIFE_STATES).toContain(state);
        expect(isActive(nextState(nextState(state, 'stop'), 'exited'))).toBe(false);
      }),
    );
  });

  it('is running only after it was ready: no event but that one leads there', () => {
    for (const state of LIFE_STATES) {
      for (const event of LIFE_EVENTS) {
        if (state !== 'running' && nextState(state, event) === 'running') expect(event).toBe('ready');
      }
    }
  });

  it('still explains a failure after a restart of the program', () => {
    expect(nextState('failed', 'boot')).toBe('failed');
  });
});
