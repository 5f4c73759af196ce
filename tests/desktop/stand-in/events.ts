/** An Electron event: carries its facts and can be refused. */
export type Preventable<Facts> = Facts & { defaultPrevented: boolean; preventDefault: () => void };

export function preventable<Facts extends object>(facts: Facts): Preventable<Facts> {
  const event = {
    ...facts,
    defaultPrevented: false,
    preventDefault: () => {
      event.defaultPrevented = true;
    },
  };
  return event;
}
