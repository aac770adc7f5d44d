import { beforeEach, describe, expect, test } from "bun:test";
import { cameBack, followCommits, lastHeard, liveState } from "../../../src/dashboard/client/live.ts";
import { setToken, token } from "../../../src/dashboard/client/session.ts";
import { browserTab, until } from "./browser.ts";

/** Streams of events that stay open: what is written goes to all of them. */
function streams() {
  const open = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const tokens: (string | null)[] = [];
  return {
    tokens,
    write: (text: string): void => open.forEach((one) => one.enqueue(new TextEncoder().encode(text))),
    answer(_path: string, { headers }: Request): Response {
      tokens.push(headers.get("authorization"));
      let own: ReadableStreamDefaultController<Uint8Array>;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          open.add((own = controller));
          // A server sends nothing of an answer before its first part.
          controller.enqueue(new TextEncoder().encode(": begins\n\n"));
        },
        cancel: () => void open.delete(own),
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    },
  };
}

/** Follows commits in a tab; returns for each call whether a connection was opened. */
function followIn(tab: ReturnType<typeof browserTab>): readonly boolean[] {
  const news: boolean[] = [];
  tab.atEnd(followCommits((isOpened) => void news.push(isOpened)));
  return news;
}

const refused = (): Response =>
  Response.json({ error: { code: "unauthorized", message: "no", hint: "" } }, { status: 401 });

beforeEach(() => {
  liveState.value = "connecting";
  lastHeard.value = null;
  cameBack.value = null;
});

describe("the commits that a page follows", () => {
  test("are called back once each, also where an event comes in parts", async () => {
    const { write, answer } = streams();
    await using tab = browserTab(answer);
    const news = followIn(tab);
    await until("the stream is open", () => news.length === 1);
    expect([tab.asked, liveState.value]).toEqual([["/live"], "live"]);
    write(": heartbeat\n\nid: 7\nevent: com");
    await Bun.sleep(2);
    expect(news).toEqual([true]);
    write('mit\ndata: {"é":1}\n\nid: 8\nevent: commit\ndata: {}\n\n');
    await until("both commits are there", () => news.length === 3);
    expect(news).toEqual([true, false, false]);
  });

  test("are followed with the number of the last one after the server was away, and that it came back is said", async () => {
    const { write, answer } = streams();
    const since: (string | null)[] = [];
    await using tab = browserTab((path, request) => {
      since.push(request.headers.get("last-event-id"));
      return answer(path, request);
    });
    const news = followIn(tab);
    await until("the stream is open", () => news.length === 1);
    write("id: 41\nevent: commit\ndata: {}\n\n");
    await until("the commit is there", () => news.length === 2);
    const heard = lastHeard.value;
    await tab.away();
    await until("the page is offline", () => liveState.value === "offline");
    tab.back();
    // Asks at once, not after the wait between two attempts.
    setToken("pawt_two");
    await until("the stream is open again", () => news.length === 3);
    expect([since.at(-1), news]).toEqual(["41", [true, false, true]]);
    expect([cameBack.value !== null, heard !== null]).toEqual([true, true]);
  });

  test("the time since which the server does not answer stays that of its last word while it is asked again", async () => {
    await using tab = browserTab(streams().answer);
    followIn(tab);
    await until("the page is live", () => liveState.value === "live");
    await tab.away();
    await until("the page is offline", () => liveState.value === "offline");
    // Long ago: not the time of an attempt.
    lastHeard.value = 1_000;
    setToken("pawt_two");
    await until("it is asked again", () => tab.asked.length === 2);
    await Bun.sleep(2);
    expect([liveState.value, lastHeard.value]).toEqual(["offline", 1_000]);
  });

  test("are followed at once by who signs in, without the wait of earlier attempts", async () => {
    const { tokens, answer } = streams();
    await using tab = browserTab(answer, { token: null });
    followIn(tab);
    await Bun.sleep(2);
    expect(tab.asked).toEqual([]);
    setToken("pawt_pasted");
    await Bun.sleep(0);
    expect(tab.asked).toEqual(["/live"]);
    await until("the stream is open", () => liveState.value === "live");
    expect(tokens).toEqual(["Bearer pawt_pasted"]);
  });

  test("are followed with the new token when another one takes the place of the old", async () => {
    const { tokens, answer } = streams();
    await using tab = browserTab(answer);
    followIn(tab);
    await until("the page is live", () => liveState.value === "live");
    setToken("pawt_two");
    await until("the new token is used", () => tokens.length === 2);
    expect(tokens).toEqual(["Bearer pawt_one", "Bearer pawt_two"]);
    expect(cameBack.value).toBe(null);
  });

  test("a token that is no longer valid signs out, but not the one that came meanwhile", async () => {
    const gate = Promise.withResolvers<void>();
    const { answer } = streams();
    await using tab = browserTab(async (path, request) => {
      if (request.headers.get("authorization") !== "Bearer pawt_one") return answer(path, request);
      await gate.promise;
      return refused();
    });
    followIn(tab);
    await until("the first token is asked for", () => tab.asked.length === 1);
    setToken("pawt_two");
    gate.resolve();
    await until("the second one is used", () => liveState.value === "live");
    expect(token.value).toBe("pawt_two");
  });

  test("rest while the tab is hidden, and a tab that is hidden and shown at once was never offline", async () => {
    const { answer } = streams();
    await using tab = browserTab(answer);
    const states = new Set<string>();
    const stop = liveState.subscribe((state) => void states.add(state));
    followIn(tab);
    await until("the page is live", () => liveState.value === "live");
    tab.document.show(false);
    tab.document.show(true);
    await until("the stream is opened again", () => tab.asked.length === 2);
    tab.document.show(false);
    await until("the page rests", () => liveState.value === "paused");
    stop();
    expect([[...states].toSorted(), cameBack.value]).toEqual([["connecting", "live", "paused"], null]);
  });
});
