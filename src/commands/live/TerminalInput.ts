import { type Key, KeyParser } from "./KeyParser.ts";

/** A key press, or a request of the system: to leave, to stop until it is continued, to draw everything again. */
export type InputEvent = Key | "leave" | "suspend" | "redraw";

/** The parts of the terminal's input and of this process that TerminalInput uses. */
export interface InputSource {
  setRawMode(isRaw: boolean): unknown;
  /** Listens to what is typed; null after the end of the input. Returns a function that ends it. */
  listen(typed: (bytes: Uint8Array | null) => void): () => void;
  /** Listens to a signal, or to a resize of the terminal. Returns a function that ends it. */
  on(name: NodeJS.Signals | "resize", happened: () => void): () => void;
  /** Runs a function after some milliseconds. Returns a function that prevents it. */
  after(ms: number, run: () => void): () => void;
  /** The process that started this one, or the system's first process after its end. */
  parent(): number;
  /** Stops the processes of this job as Ctrl-Z does; returns when they are continued. */
  stopJob(): Promise<void>;
}

/** How long the rest of a sequence may take, milliseconds; Esc alone is known only after this time. */
const SEQUENCE_MS = 50;
const LEAVE_ON = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** A queue of what the user and the system ask for, while the terminal is in raw mode. */
export class TerminalInput implements Disposable {
  readonly #source: InputSource;
  readonly #parser = new KeyParser();
  readonly #events: InputEvent[] = [];
  readonly #parent: number;
  readonly #ends: (() => void)[];
  #endSuspend: () => void;
  #cancelFlush: () => void = () => {};
  #wake: () => void = () => {};

  constructor(source: InputSource) {
    this.#source = source;
    this.#parent = source.parent();
    source.setRawMode(true);
    this.#ends = [
      source.listen((bytes) => this.#typed(bytes)),
      source.on("resize", () => this.#push("redraw")),
      // Whoever stopped this process from outside may have changed the mode of the terminal.
      source.on("SIGCONT", () => {
        source.setRawMode(true);
        this.#push("redraw");
      }),
      ...LEAVE_ON.map((signal) => source.on(signal, () => this.#push("leave"))),
    ];
    this.#endSuspend = this.#onSuspend();
  }

  /** The next event, or null after `ms` milliseconds. Where the parent process was killed, the terminal belongs to another: leave. */
  async next(ms: number): Promise<InputEvent | null> {
    if (this.#events.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const cancel = this.#source.after(ms, resolve);
      await promise;
      cancel();
    }
    return this.#events.shift() ?? (this.#source.parent() === this.#parent ? null : "leave");
  }

  /** A signal that is aborted as soon as there is an event. */
  interruption(): AbortSignal {
    if (this.#events.length > 0) return AbortSignal.abort();
    const controller = new AbortController();
    this.#wake = () => controller.abort();
    return controller.signal;
  }

  /** Stops this job until it is continued. The terminal must have been restored. */
  async suspend(): Promise<void> {
    this.#source.setRawMode(false);
    // Without a listener the signal stops this process.
    this.#endSuspend();
    await this.#source.stopJob();
    this.#endSuspend = this.#onSuspend();
    this.#source.setRawMode(true);
  }

  [Symbol.dispose](): void {
    this.#cancelFlush();
    this.#endSuspend();
    for (const end of this.#ends) end();
    this.#source.setRawMode(false);
  }

  #onSuspend(): () => void {
    return this.#source.on("SIGTSTP", () => this.#push("suspend"));
  }

  #typed(bytes: Uint8Array | null): void {
    this.#cancelFlush();
    if (bytes === null) return this.#push("leave");
    this.#push(...this.#parser.push(bytes));
    if (this.#parser.isPending)
      this.#cancelFlush = this.#source.after(SEQUENCE_MS, () => this.#push(...this.#parser.flush()));
  }

  #push(...events: readonly InputEvent[]): void {
    if (events.length === 0) return;
    this.#events.push(...events);
    this.#wake();
  }
}

/** How long to wait for the job to stop, milliseconds; a job that nobody can continue is not stopped by the system. */
const STOP_MS = 100;

/** The input of this process. */
export const processInput: InputSource = {
  setRawMode(isRaw) {
    try {
      process.stdin.setRawMode(isRaw);
    } catch {
      // The terminal is gone; reading it then ends the view.
    }
  },
  listen(typed) {
    const { stdin } = process;
    const ended = (): void => typed(null);
    stdin.on("data", typed).on("end", ended).on("error", ended);
    return () => {
      stdin.off("data", typed).off("end", ended);
      stdin.pause();
    };
  },
  on(name, happened) {
    const emitter = name === "resize" ? process.stdout : process;
    emitter.on(name, happened);
    return () => emitter.off(name, happened);
  },
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  parent: () => process.ppid,
  async stopJob() {
    try {
      process.kill(0, "SIGTSTP");
    } catch {
      // Windows has no jobs to stop.
      return;
    }
    await Bun.sleep(STOP_MS);
  },
};
