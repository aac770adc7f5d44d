// What pages of other origins can do to a hub, and what an injected script or style can do on its own page.
import type { Checks } from "../e2e/checks.ts";
import type { Page } from "playwright-core";
import type { PageBrowser } from "./browser.ts";
import type { HubWorld } from "./world.ts";

const VIEW = { scheme: "light", width: 1_280 } as const;
/** What a page may do before it is given up, milliseconds. */
const ATTEMPT_MS = 3_000;

/** What each attempt of a foreign page got: "" if it got nothing. */
type Gains = Readonly<Record<string, string>>;

/** Runs in a page of another origin: everything by which a page can reach an address, with the token if it was stolen. */
const ATTEMPTS = (hub: string, token: string): string => `(async () => {
  const hub = ${JSON.stringify(hub)}, token = ${JSON.stringify(token)};
  const limit = (attempt) => Promise.race([attempt.catch(() => ''), new Promise((done) => setTimeout(() => done(''), ${ATTEMPT_MS}))]);
  const text = async (path, options) => {
    try { const answer = await fetch(hub + path, options); return (await answer.text()).slice(0, 80); } catch { return ''; }
  };
  const bearer = { authorization: 'Bearer ' + token };
  const gains = {};
  gains.fetch = await limit(text('/api/v1/reports/daily'));
  gains.fetchWithToken = await limit(text('/api/v1/reports/daily', { headers: bearer }));
  gains.fetchIndex = await limit(text('/', {}));
  gains.opaque = await limit(text('/api/v1/reports/daily', { mode: 'no-cors', credentials: 'include' }));
  gains.exchange = await limit(text('/v1/page', { method: 'POST', body: '{"code":"x"}', headers: { 'content-type': 'text/plain' } }));
  gains.invite = await limit(text('/api/v1/invitations', { method: 'POST', body: '{"name":"evil"}', headers: { 'content-type': 'text/plain' } }));
  gains.events = await limit(new Promise((done) => {
    const source = new EventSource(hub + '/live');
    source.onmessage = (event) => done('message ' + event.data);
    source.addEventListener('hello', (event) => done('hello ' + event.data));
    source.onerror = () => { source.close(); done(''); };
  }));
  for (const path of ['/ws', '/v1/stream'])
    gains['socket ' + path] = await limit(new Promise((done) => {
      const socket = new WebSocket(hub.replace(/^http/, 'ws') + path + '?token=' + token);
      socket.onopen = () => done('open');
      socket.onerror = socket.onclose = () => done('');
    }));
  gains.script = await limit(new Promise((done) => {
    const script = document.createElement('script');
    script.src = hub + '/api/v1/reports/daily';
    script.onload = () => done('loaded'); script.onerror = () => done('');
    document.body.append(script);
  }));
  gains.frame = await limit(new Promise((done) => {
    const frame = document.createElement('iframe');
    frame.src = hub + '/';
    frame.onload = () => { try { done(frame.contentDocument?.body?.textContent ? 'readable' : ''); } catch { done(''); } };
    document.body.append(frame);
  }));
  gains.opener = await limit(new Promise((done) => {
    const other = open(hub + '/');
    setTimeout(() => { let seen = ''; try { seen = other && !other.closed ? String(other.document.title) : ''; } catch { seen = ''; } other?.close(); done(seen); }, 700);
  }));
  return gains;
})()`;

/** Tries to reach a hub from pages of other origins. */
export async function checkForeignPages(checks: Checks, browser: PageBrowser, world: HubWorld): Promise<void> {
  const posted: string[] = [];
  const foreign = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () =>
      new Response("<!doctype html><title>other</title><body>", { headers: { "content-type": "text/html" } }),
  });
  try {
    const token = await world.token("stolen", "admin");
    await checkControl(checks, browser, world, token);
    const before = await state(world, token);
    await using tab = await browser.tab(foreign.url.origin, VIEW);
    tab.expected.push(/./);
    await tab.page.goto(foreign.url.href);
    const gains = await tab.evaluate<Gains>(ATTEMPTS(world.url, token));
    for (const [what, gain] of Object.entries(gains)) checks.same(`a page elsewhere gets nothing by ${what}`, gain, "");
    const frames = tab.page.frames().filter((frame) => frame !== tab.page.mainFrame());
    const framed = await Promise.all(frames.map((frame) => frame.content().catch(() => "")));
    checks.check(
      "the page of the hub is in no frame",
      framed.every((html) => !html.includes('id="page"')),
    );
    await submitForms(tab.page, foreign.url.href, world.url, posted);
    checks.check("forms are refused", posted.length === 3 && posted.every((status) => Number(status) >= 400), posted);
    const after = await state(world, token);
    checks.check("nothing has changed at the hub", after === before, after === before ? "" : { before, after });
    await checkRebinding(checks, browser, world);
  } finally {
    await foreign.stop(true);
  }
}

/** The same attempts on the hub's own page, to which its answers may go: else nothing would show that they can succeed. */
async function checkControl(checks: Checks, browser: PageBrowser, world: HubWorld, token: string): Promise<void> {
  await using own = await world.tab(browser, VIEW);
  own.expected.push(/./);
  const { fetchIndex, fetchWithToken } = await own.evaluate<Gains>(ATTEMPTS("", token));
  checks.check("the hub's own page gets what others do not", Boolean(fetchIndex && fetchWithToken));
}

/** Machines, tokens and invitations of a hub, as a text. */
async function state(world: HubWorld, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const parts = ["/api/v1/machines", "/api/v1/tokens", "/api/v1/audit"].map(async (path) => {
    const body = (await (await fetch(world.url + path, { headers })).json()) as object;
    return JSON.stringify(body, (key, value: unknown) =>
      ["used", "seen", "isOnline", "clockSkewMs", "pending"].includes(key) ? null : value,
    );
  });
  return (await Promise.all(parts)).join("\n");
}

/** Posts forms of each type to the hub by navigation, which needs no permission of the hub. */
async function submitForms(page: Page, home: string, hub: string, statuses: string[]): Promise<void> {
  for (const [path, type] of [
    ["/v1/page", "text/plain"],
    ["/api/v1/invitations", "application/x-www-form-urlencoded"],
    ["/ingest", "multipart/form-data"],
  ]) {
    await page.goto(home);
    const answered = page.waitForResponse((response) => response.url() === hub + path);
    const arrived = page.waitForURL(hub + path);
    await page.evaluate(`(() => {
      const form = document.createElement('form');
      form.action = ${JSON.stringify(hub + path)}; form.method = 'post'; form.enctype = ${JSON.stringify(type)};
      const field = document.createElement('input'); field.name = '{"code":"'; field.value = '"}';
      form.append(field); document.body.append(form); form.submit();
    })()`);
    statuses.push(String((await answered).status()));
    await arrived;
  }
}

/** A name that leads to the hub's address, as rebinding makes it: the browser takes it for the origin of the attacker. */
async function checkRebinding(checks: Checks, browser: PageBrowser, world: HubWorld): Promise<void> {
  const { port } = new URL(world.url);
  const rebound = `http://hub.attacker.test:${port}`;
  await using rebinding = await browser.another(["--host-resolver-rules=MAP hub.attacker.test 127.0.0.1"]);
  await using tab = await rebinding.tab(rebound, VIEW);
  tab.expected.push(/./);
  const response = await tab.page.goto(`${rebound}/`);
  const html = (await response?.text()) ?? "";
  checks.check(
    "the hub answers no other host",
    response?.status() === 403 && !html.includes('id="page"'),
    `${response?.status()}`,
  );
  const report = await tab.evaluate<string>(
    "fetch('/api/v1/reports/daily').then(async (answer) => String(answer.status), () => 'failed')",
  );
  checks.check("nor a page of that host", report === "403" || report === "failed", report);
}

/** Injects a script, a style and an event handler into the hub's own page, as a hostile name would if it became HTML. */
export async function checkPolicy(checks: Checks, browser: PageBrowser, world: HubWorld): Promise<void> {
  await using tab = await world.tab(browser, VIEW);
  tab.expected.push(/Content Security Policy|violates|Trusted|TrustedHTML/i);
  const outcome = await tab.evaluate<Readonly<Record<string, string>>>(`(async () => {
    // What is evaluated at once may do more than a script of the page.
    await new Promise((done) => setTimeout(done));
    const outcome = {};
    globalThis.ran = '';
    const blocked = [];
    document.addEventListener('securitypolicyviolation', (event) => blocked.push(event.effectiveDirective));
    const attempt = (name, run) => { try { run(); outcome[name] = 'done'; } catch (error) { outcome[name] = 'refused'; } };
    attempt('html', () => { const div = document.createElement('div'); div.innerHTML = '<img src=x onerror="ran += 1">'; document.body.append(div); });
    // A script that got this far could make trusted values itself; the policy still runs nothing from elsewhere.
    const trusted = trustedTypes.createPolicy('harmful', { createHTML: (text) => text, createScriptURL: (text) => text });
    attempt('handler', () => { const div = document.createElement('div'); div.innerHTML = trusted.createHTML('<img src=x onerror="ran += 4">'); document.body.append(div); });
    attempt('script', () => { const one = document.createElement('script'); one.textContent = 'ran += 2'; document.body.append(one); });
    attempt('remote script', () => { const one = document.createElement('script'); one.src = trusted.createScriptURL('http://127.0.0.1:9/evil.js'); document.body.append(one); });
    attempt('eval', () => (0, Function)('ran += 3')());
    attempt('style', () => { const one = document.createElement('style'); one.textContent = 'body { outline: 7px solid red }'; document.head.append(one); });
    attempt('form', () => { const one = document.createElement('form'); one.action = 'http://127.0.0.1:9/'; one.method = 'post'; document.body.append(one); one.submit(); });
    attempt('base', () => { const one = document.createElement('base'); one.href = 'http://127.0.0.1:9/'; document.head.append(one); });
    outcome.connect = await fetch('http://127.0.0.1:9/').then(() => 'done', () => 'refused');
    outcome.image = await new Promise((done) => { const one = new Image(); one.onload = () => done('done'); one.onerror = () => done('refused'); one.src = 'http://127.0.0.1:9/a.png'; });
    await new Promise((done) => setTimeout(done, 300));
    outcome.ran = globalThis.ran;
    outcome.outline = getComputedStyle(document.body).outlineWidth;
    outcome.base = document.baseURI.startsWith(location.origin) ? 'own' : document.baseURI;
    outcome.blocked = [...new Set(blocked)].toSorted().join(' ');
    return outcome;
  })()`);
  checks.same("an injected script does not run", outcome["ran"], "");
  checks.check("an injected style has no effect", outcome["outline"] !== "7px", outcome["outline"] ?? "");
  checks.same("an injected base changes no address", outcome["base"], "own");
  const directives = "base-uri connect-src form-action img-src require-trusted-types-for script-src style-src".split(
    " ",
  );
  const blocked = outcome["blocked"] ?? "";
  checks.check(
    `the policy blocks by ${directives.join(", ")}`,
    directives.every((one) => blocked.includes(one)),
    blocked,
  );
}
