import { describe, expect, test } from "bun:test";
import { TerminalInput, type InputSource } from "../../../src/commands/live/TerminalInput.ts";

/** An input whose keys, signals and time come from the test. */
function sourceOf() {
  let typed: ((bytes: Uint8Array | null) => void) | null = null;
  const listeners = new Map<string, () => void>();
  let timers: { at: number; run: () => void }[] = [];
  let now = 0;
  let parent = 100;
  const modes: boolean[] = [];
  const source: InputSource = {
    setRawMode: (isRaw) => modes.push(isRaw),
    listen(listener) {
      typed = listener;
      return () => (typed = null);
    },
    on(name, happened) {
      listeners.set(name, happened);
      return () => listeners.delete(name);
    },
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => (timers = timers.filter((one) => one !== timer));
    },
    parent: () => parent,
    stopJob: () => Promise.resolve(void modes.push(listeners.has("SIGTSTP"))),
  };
  return {
    source,
    modes,
    listeners,
    type: (text: string | null) => typed?.(text === null ? null : new TextEncoder().encode(text)),
    killParent: () => (parent = 1),
    isListening: () => typed !== null,
    pass(ms: number): void {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { run } of due) run();
    },
  };
}

const nameOf = (event: unknown): unknown =>
  typeof event === "object" && event !== null && "name" in event ? event.name : event;

describe("TerminalInput", () => {
  test("takes Esc for a key only when nothing follows it in time", async () => {
    const { source, type, pass } = sourceOf();
    using input = new TerminalInput(source);
    type("\x1b");
    pass(49);
    type("[6~");
    pass(1_000);
    expect(nameOf(await input.next(1))).toBe("pageDown");
    // The time begins again with each part.
    for (const part of ["\x1b", "[", "5~"]) {
      type(part);
      pass(40);
    }
    expect(nameOf(await input.next(1))).toBe("pageUp");
    type("\x1b");
    pass(50);
    type("[");
    expect(nameOf(await input.next(1))).toBe("escape");
    expect(nameOf(await input.next(1))).toBe("[");
  });

  test("returns null when its time is over without an event", async () => {
    const { source, pass } = sourceOf();
    using input = new TerminalInput(source);
    const next = input.next(1_000);
    pass(1_000);
    expect(await next).toBeNull();
  });

  test("asks to leave when the process that started it was killed", async () => {
    const { source, pass, killParent } = sourceOf();
    using input = new TerminalInput(source);
    killParent();
    const next = input.next(1_000);
    pass(1_000);
    expect(await next).toBe("leave");
  });

  test("reports signals, a resize and the end of the input as events", async () => {
    const { source, listeners, type } = sourceOf();
    using input = new TerminalInput(source);
    for (const name of ["SIGTERM", "SIGHUP", "SIGTSTP", "resize", "SIGCONT"]) listeners.get(name)?.();
    type(null);
    const events = [];
    for (let index = 0; index < 6; index++) events.push(await input.next(1));
    expect(events).toEqual(["leave", "leave", "suspend", "redraw", "redraw", "leave"]);
  });

  test("an event aborts the work that it interrupts, also one that came before", async () => {
    const { source, type } = sourceOf();
    using input = new TerminalInput(source);
    const signal = input.interruption();
    expect(signal.aborted).toBe(false);
    type("x");
    expect(signal.aborted).toBe(true);
    expect(input.interruption().aborted).toBe(true);
    await input.next(1);
    expect(input.interruption().aborted).toBe(false);
  });

  test("stops the job in the terminal's own mode and without its own listener, and leaves no listener behind", async () => {
    const { source, modes, listeners, isListening } = sourceOf();
    const input = new TerminalInput(source);
    await input.suspend();
    // Raw; not raw, no listener while it is stopped; raw again.
    expect(modes).toEqual([true, false, false, true]);
    input[Symbol.dispose]();
    expect(modes.at(-1)).toBe(false);
    expect([...listeners.keys()]).toEqual([]);
    expect(isListening()).toBe(false);
  });
});
