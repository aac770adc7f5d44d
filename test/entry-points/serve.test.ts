import { afterEach, describe, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { decodeFrame, encodeFrame } from "../../src/model/frame-coding.ts";
import type { EventsFrame } from "../../src/model/wire.ts";
import { eventsOf, expectFrame, helloOf } from "../hub/harness.ts";
import { bearer, joinBody, streamOf } from "../hub/server-harness.ts";
import { entryPath, freshHome, type Home, machineTime } from "./program.ts";

const started: Bun.Subprocess[] = [];
afterEach(() => started.forEach((child) => child.kill("SIGKILL")));

/** A running hub in a home, and its address. */
async function start(home: Home, ...options: string[]) {
  const child = Bun.spawn([process.execPath, entryPath("cli"), "serve", "--port", "0", ...options], {
    env: { ...home.env },
    cwd: home.path,
    stdio: ["ignore", "pipe", "ignore"],
  });
  started.push(child);
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  for (let text = ""; ;) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the hub did not start: ${text}`);
    text += decoder.decode(value);
    const [, url] = /^listening on (\S+)\n/.exec(text) ?? [];
    if (url === undefined) continue;
    // In one piece: a script that reads the first line only, and then closes the pipe, does not end the hub.
    expect(text).toMatch(/(?:pawprint invite NAME|--url ADDRESS)\n$/);
    return { child, url };
  }
}

const invitation = async (home: Home, name: string): Promise<{ url: string; code: string; command: string }> => {
  const { out } = await home.run("cli", ["invite", name, "--local", "--json"]);
  return JSON.parse(out) as { url: string; code: string; command: string };
};

async function joinAt(url: string, code: string): Promise<string> {
  const response = await fetch(`${url}/v1/join`, { method: "POST", body: JSON.stringify(joinBody(code)) });
  return ((await response.json()) as { token: string }).token;
}

describe("pawprint serve", () => {
  test("serves one hub for a home, whose file nobody else can read, until it is asked to end", async () => {
    using home = freshHome(machineTime);
    const { child, url } = await start(home);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const file = join(home.path, ".claude/pets/hub.db");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const second = await home.run("cli", ["serve", "--port", "0"]);
    expect([second.code, second.err]).toEqual([1, expect.stringContaining("already running")]);
    const refused = await home.run("cli", ["invite", "laptop"]);
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("other machines cannot reach the hub")]);
    const made = await invitation(home, "laptop");
    expect(made).toMatchObject({ url, command: `pawprint login ${url}#${made.code}` });
    const token = await joinAt(url, made.code);
    expect((await fetch(`${url}/v1/hello`, { method: "POST", body: "{}", headers: bearer(token) })).status).toBe(400);
    const { out } = await home.run("cli", ["machines", "--json"]);
    expect(out).toContain('"name": "laptop"');
    // Revoked by another process, while its stream is open.
    using stream = await streamOf(url, token);
    expect((await home.run("cli", ["revoke", "laptop"])).code).toBe(0);
    expect(expectFrame((await stream.next()) ?? undefined, "stop").code).toBe("unauthorized");
    expect((await home.run("cli", ["doctor"])).out).toContain("hub.db has ");
    const backup = join(home.path, "backup.tar");
    expect((await home.run("cli", ["backup", backup])).out).toContain("hub.db");
    const running = await home.run("cli", ["restore", backup]);
    expect([running.code, running.err]).toEqual([1, expect.stringContaining("the hub of this machine is running")]);
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect((await home.run("cli", ["rename", "laptop", "tower"])).code).toBe(0);
    expect((await home.run("cli", ["restore", backup])).code).toBe(0);
    expect((await home.run("cli", ["machines", "--json"])).out).toContain('"name": "laptop"');
    await home.run("cli", ["uninstall", "--purge", "--yes"]);
    expect(readdirSync(home.path).toSorted()).toEqual(["backup.tar", "project"]);
  }, 20_000);

  test("loses no row that it acknowledged when it is killed while rows arrive", async () => {
    using home = freshHome(machineTime);
    let running = await start(home);
    const token = await joinAt(running.url, (await invitation(home, "laptop")).code);
    let acknowledged = 0;
    for (let kill = 0; kill < 3; kill++) {
      const ask = async (path: string, frame: EventsFrame | ReturnType<typeof helloOf>) => {
        const response = await fetch(running.url + path, {
          method: "POST",
          body: encodeFrame(frame),
          headers: bearer(token),
        });
        return decodeFrame(await response.text());
      };
      const { acked } = expectFrame(await ask("/v1/hello", helloOf("m1")), "welcome");
      expect(acked).toBeGreaterThanOrEqual(acknowledged);
      const send = (from: number) => ask("/v1/events", eventsOf(from, from + 20)).catch(() => null);
      for (let from = acked; from < acked + 60; from += 20)
        acknowledged = expectFrame((await send(from)) ?? undefined, "ack").upto;
      // Killed while frames are on their way, at another moment each time.
      const late = [send(acknowledged), send(acknowledged + 20)];
      await Bun.sleep(6 * kill);
      running.child.kill("SIGKILL");
      for (const answer of await Promise.all(late))
        if (answer?.type === "ack") acknowledged = Math.max(acknowledged, answer.upto);
      await running.child.exited;
      if (kill < 2) running = await start(home);
    }
    using database = new Database(join(home.path, ".claude/pets/hub.db"));
    const count = (sql: string): number => database.query<{ n: number }, []>(sql).get()?.n ?? -1;
    const acked = count("SELECT MAX(acked) AS n FROM stream");
    expect(acked).toBeGreaterThanOrEqual(acknowledged);
    expect(acknowledged).toBeGreaterThanOrEqual(180);
    expect([count("SELECT COUNT(*) AS n FROM journal"), count("SELECT COUNT(*) AS n FROM response")]).toEqual([
      acked,
      acked,
    ]);
  }, 30_000);

  test("refuses to listen beyond this machine without TLS or without tokens", async () => {
    using home = freshHome(machineTime);
    const open = await home.run("cli", ["serve", "--host", "0.0.0.0", "--no-auth"]);
    expect([open.code, open.err]).toEqual([2, expect.stringContaining("--no-auth is for this machine only")]);
    const behind = await home.run("cli", ["serve", "--no-auth", "--url", "https://hub.example"]);
    expect([behind.code, behind.err]).toEqual([2, expect.stringContaining("--no-auth is for this machine only")]);
    const { child, url } = await start(home, "--host", "0.0.0.0");
    const made = await invitation(home, "laptop");
    expect([url.startsWith("https://"), made.code]).toEqual([true, expect.stringMatching(/^[\w-]{22}\.[\w-]{43}$/)]);
    child.kill("SIGKILL");
    await child.exited;
  }, 20_000);
});
