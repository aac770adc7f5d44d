import { afterEach, expect, test } from "bun:test";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bearer } from "../hub/server-harness.ts";
import { entryPath, freshHome } from "./program.ts";

const started: Bun.Subprocess[] = [];
afterEach(() => started.forEach((child) => child.kill("SIGKILL")));

test("pawprint open shows the browser what the reports print, live, and ends at Ctrl-C", async () => {
  using home = freshHome();
  const projects = join(home.path, ".claude/projects/-home-user-project");
  const transcripts = join(import.meta.dir, "../fixtures/transcripts");
  mkdirSync(projects, { recursive: true });
  cpSync(join(transcripts, "after-clear"), projects, { recursive: true });
  const opener = join(home.path, "xdg-open");
  writeFileSync(
    opener,
    `#!/bin/sh\nprintf %s "$1" > "${home.path}/opened.part" && mv "${home.path}/opened.part" "${home.path}/opened"\n`,
  );
  chmodSync(opener, 0o755);
  const child = Bun.spawn([process.execPath, entryPath("cli"), "open"], {
    env: { ...home.env, PATH: `${home.path}:/usr/bin:/bin`, DISPLAY: ":0", PET_SYNC_INTERVAL: "100" },
    cwd: home.path,
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  await home.until(() => existsSync(join(home.path, "opened")), "the browser is opened");
  const url = readFileSync(join(home.path, "opened"), "utf8");
  const [, address = "", code = ""] = /^(http:\/\/127\.0\.0\.1:\d+)\/#code=([\w-]{22})$/.exec(url) ?? [];
  const index = await fetch(url);
  expect([index.status, index.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  const assets = [...(await index.text()).matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = ""]) => path);
  expect(assets.length).toBeGreaterThan(1);
  for (const path of assets) expect((await fetch(address + path)).status).toBe(200);
  const letIn = await fetch(`${address}/v1/page`, { method: "POST", body: JSON.stringify({ code }) });
  const { token } = (await letIn.json()) as { token: string };
  const stream = (await fetch(`${address}/live`, { headers: bearer(token) })).body?.getReader();
  const next = async (): Promise<string> => Buffer.from((await stream?.read())?.value ?? []).toString();
  expect(await next()).toContain("event: hello");
  cpSync(join(transcripts, "print-mode-with-subagent"), projects, { recursive: true });
  let event = "";
  while (!event.includes("event: commit")) event = await next();
  const answer = await fetch(`${address}/api/v1/reports/daily?timezone=UTC`, { headers: bearer(token) });
  const { json } = (await answer.json()) as { json: object };
  const printed = await home.run("cli", ["daily", "--json", "--timezone", "UTC"]);
  expect(json).toEqual(JSON.parse(printed.out) as object);
  child.kill("SIGINT");
  expect([await child.exited, await child.stderr.text()]).toEqual([0, ""]);
  // The code is for the browser, and the page writes nothing but what every report does.
  expect(await child.stdout.text()).toBe(`the page of this machine's usage is at ${address} until Ctrl-C\n`);
  expect(readdirSync(join(home.path, ".claude/pets"))).toEqual(["ledger.db"]);
}, 20_000);
