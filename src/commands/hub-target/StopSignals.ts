/** Ends what goes on until it is interrupted: at Ctrl-C, and when a service stops it. */
export class StopSignals implements Disposable {
  readonly #stop = new AbortController();
  readonly #interrupt = (): void => this.#stop.abort();

  constructor() {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, this.#interrupt);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  [Symbol.dispose](): void {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, this.#interrupt);
  }
}
