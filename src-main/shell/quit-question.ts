export type QuitAnswer = 'quit' | 'leave' | 'background' | 'cancel';

export interface RunningModel {
  readonly name: string;
  readonly runtime: 'process' | 'container';
}

interface QuitQuestion {
  readonly message: string;
  readonly detail: string;
  /** The buttons from left to right, each with what it answers. */
  readonly choices: readonly (readonly [label: string, answer: QuitAnswer])[];
}

/** What is asked when models still run: they are named, so that nobody stops the wrong ones. */
export function quitQuestion(running: readonly RunningModel[]): QuitQuestion {
  const one = running.length === 1;
  const contained = running.filter(({ runtime }) => runtime === 'container');
  const names = one ? '' : `${running.map(({ name }) => name).join(', ')}\n\n`;
  const left = contained.length === running.length ? (one ? 'it' : 'them') : 'those in containers';
  const lost = contained.length < running.length ? ' Plain processes end in any case.' : '';
  const leaving =
    contained.length === 0 ? '' : `\n\nOr leave ${left} running: Cortex finds them again at its next start.${lost}`;
  return {
    message: one ? `${running[0]?.name ?? ''} is running` : `${running.length} models are running`,
    detail: `${names}Quitting stops ${one ? 'it' : 'them'}. In the background ${one ? 'it keeps' : 'they keep'} answering requests, and the tray icon brings the window back.${leaving}`,
    choices: [
      ['Stop and quit', 'quit'],
      ['Keep running in the background', 'background'],
      ...(contained.length === 0 ? [] : ([['Quit, leave containers running', 'leave']] as const)),
      ['Cancel', 'cancel'],
    ],
  };
}
