import { connect } from 'node:net';

/** Whether somebody accepts connections there; says nothing to them. */
export function isAnswering(port: number, host: string): Promise<boolean> {
  return new Promise((done) => {
    const probe = connect({ port, host });
    probe.once('connect', () => {
      probe.destroy();
      done(true);
    });
    probe.once('error', () => done(false));
  });
}
