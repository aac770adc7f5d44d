import { afterEach, describe, expect, test } from "bun:test";
import { setToken, signedOut, token } from "../../../src/dashboard/client/session.ts";
import { signInByKey, watchCodes } from "../../../src/dashboard/client/sign-in.ts";

const CODE = "a-code-that-works-once";
const { fetch: realFetch } = globalThis;
const ends: (() => void)[] = [];
afterEach(() => {
  setToken(null);
  for (const end of ends.splice(0)) end();
});

/** A tab at an address, of a server that knows one code for the token pawt_page, and the key pawt_key. */
function tabAt(address: string) {
  let isUsed = false;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      if (new URL(request.url).pathname === "/v1/page" && !isUsed) {
        const { code } = (await request.json()) as { code: string };
        if (code === CODE && (isUsed = true)) return Response.json({ token: "pawt_page" }, { status: 201 });
      }
      if (["Bearer pawt_key", "Bearer pawt_page"].includes(request.headers.get("authorization") ?? ""))
        return Response.json({});
      return Response.json({ error: { code: "unauthorized", message: "refused", hint: "" } }, { status: 401 });
    },
  });
  const kept = new Map<string, string>();
  const location = new URL(address, server.url);
  const page = new EventTarget();
  const own: Readonly<Record<string, unknown>> = {
    location,
    history: {
      replaceState: (_: unknown, __: string, path: string) => void (location.href = new URL(path, location).href),
    },
    addEventListener: page.addEventListener.bind(page),
    sessionStorage: {
      setItem: (key: string, text: string) => void kept.set(key, text),
      removeItem: (key: string) => void kept.delete(key),
    },
    fetch: (path: string, options?: RequestInit) => realFetch(new URL(path, server.url), options),
  };
  for (const [name, value] of Object.entries(own)) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    ends.push(() =>
      before ? Object.defineProperty(globalThis, name, before) : Reflect.deleteProperty(globalThis, name),
    );
  }
  ends.push(() => void server.stop(true));
  /** Puts another fragment into the address, as somebody does who pastes it into the tab. */
  const paste = async (hash: string): Promise<void> => {
    location.hash = hash;
    const settled = Promise.withResolvers<void>();
    const stops = [token, signedOut].map((one) => {
      let isFirst = true;
      return one.subscribe((value: unknown) => {
        if (!isFirst && value !== null) settled.resolve();
        isFirst = false;
      });
    });
    page.dispatchEvent(new Event("hashchange"));
    await settled.promise;
    for (const stop of stops) stop();
  };
  return { kept, location, paste };
}

describe("a tab signs in", () => {
  test("by the code in its address, and by one that is pasted into it later, and keeps neither", async () => {
    const tab = tabAt("/usage?last=7d");
    await watchCodes();
    expect([token.value, signedOut.value]).toEqual([null, null]);
    await tab.paste(`#code=${CODE}`);
    expect([token.value, tab.location.pathname + tab.location.search + tab.location.hash]).toEqual([
      "pawt_page",
      "/usage?last=7d",
    ]);
    expect([...tab.kept.values()]).toEqual(["pawt_page"]);
  });

  test("says why a code lets nobody in, and stays signed in where somebody is", async () => {
    const tab = tabAt("/#code=another-code");
    await watchCodes();
    expect(signedOut.value?.message).toBe("refused");
    expect([token.value, tab.location.hash]).toEqual([null, ""]);
    await signInByKey("pawt_key");
    tab.location.hash = "#code=another-code";
    await watchCodes();
    expect([token.value, signedOut.value]).toEqual(["pawt_key", null]);
  });

  test("by a key only if the server takes it, and says of any other what is wrong", async () => {
    const tab = tabAt("/");
    for (const [key, message] of [
      ["pawt_wrong", "refused"],
      ["pawt_key\u200b", "this is no key"],
      ["pawt key", "this is no key"],
    ] as const) {
      await signInByKey(key);
      expect([token.value, signedOut.value?.message, tab.kept.size]).toEqual([null, message, 0]);
    }
    await signInByKey("pawt_key");
    expect([token.value, signedOut.value]).toEqual(["pawt_key", null]);
  });
});
