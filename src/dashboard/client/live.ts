import { signal } from "@preact/signals";
import { authorization, failureOf } from "./api.ts";
import { token } from "./session.ts";
import { systemClock } from "../../utils/clock.ts";

/** Whether commits arrive: connecting at first, live, offline while the server does not answer, paused while the tab is hidden. */
export type LiveState = "connecting" | "live" | "offline" | "paused";

/** The state now. */
export const liveState = signal<LiveState>("connecting");
/** When the server last said something, epoch milliseconds; null before. */
export const lastHeard = signal<number | null>(null);
/** When the connection came back after it was lost, epoch milliseconds; null if it never was. */
export const cameBack = signal<number | null>(null);

/** Waits between two attempts, milliseconds. */
const RETRY_MS = [500, 1_000, 2_000, 5_000, 10_000] as const;
/** Without a word for this long the connection is taken for dead, milliseconds: the server sends a comment every 4 s. */
const SILENT_MS = 15_000;
/** Longest event that is read, characters. */
const MAX_EVENT = 4_000_000;

let lastId: string | null = null;

/**
 * Calls back for every commit, and for each connection that is opened: what was committed meanwhile is in no event. Connects again
 * when the connection is lost, the tab is shown or another token is there; a tab that is hidden or has no token rests. Returns what ends it.
 */
export function followCommits(onNews: (isOpened: boolean) => void): () => void {
  const end = new AbortController();
  void follow(onNews, end.signal);
  return () => end.abort();
}

async function follow(onNews: (isOpened: boolean) => void, end: AbortSignal): Promise<void> {
  let turn = new AbortController();
  // What runs or is waited for is of a tab that was hidden or shown, or of another token.
  const change = (): void => turn.abort();
  document.addEventListener("visibilitychange", change, { signal: end });
  const forget = token.subscribe(change);
  end.addEventListener("abort", () => (forget(), change()), { once: true });
  let attempt = 0;
  while (!end.aborted) {
    turn = new AbortController();
    const { signal } = turn;
    if (document.hidden || token.value === null) {
      liveState.value = token.value === null ? "connecting" : "paused";
      await pause(signal);
      continue;
    }
    const wasLost = liveState.value === "offline";
    const opened = (): void => {
      attempt = 0;
      if (wasLost) cameBack.value = systemClock.now();
      onNews(true);
    };
    await stream(signal, opened, () => onNews(false));
    if (signal.aborted) continue;
    liveState.value = "offline";
    await pause(signal, RETRY_MS[Math.min(attempt++, RETRY_MS.length - 1)]);
  }
}

/** Waits for that many milliseconds, or until the signal. */
const pause = (signal: AbortSignal, ms?: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });

/** One connection, until it ends or the signal. */
async function stream(signal: AbortSignal, onOpen: () => void, onCommit: () => void): Promise<void> {
  const silent = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expect = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silent.abort(), SILENT_MS);
  };
  const heard = (): void => {
    expect();
    lastHeard.value = systemClock.now();
  };
  try {
    expect();
    const sent = token.value;
    const headers = { ...authorization(), ...(lastId !== null && { "last-event-id": lastId }) };
    const ends = AbortSignal.any([signal, silent.signal]);
    const response = await fetch("/live", { headers, signal: ends, cache: "no-store" });
    if (!response.ok || !response.body) return void (await failureOf(response, sent));
    heard();
    liveState.value = "live";
    onOpen();
    const decoder = new TextDecoder();
    let held = "";
    for await (const bytes of chunksOf(response.body)) {
      heard();
      held += decoder.decode(bytes, { stream: true });
      const events = held.split("\n\n");
      held = events.pop() ?? "";
      if (held.length > MAX_EVENT) return;
      for (const event of events) {
        lastId = /^id: (\d+)$/m.exec(event)?.[1] ?? lastId;
        if (/^event: commit$/m.test(event)) onCommit();
      }
    }
  } catch {
    // The connection was lost, or ended on purpose.
  } finally {
    clearTimeout(timer);
  }
}

/** The parts of a body. Safari cannot iterate streams. */
async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
