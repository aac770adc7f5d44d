import { expect, test } from "bun:test";
import { go, path, selection, timezone, watchLocation } from "../../../src/dashboard/client/location.ts";
import { signInByCode } from "../../../src/dashboard/client/sign-in.ts";
import { restoreToken, token } from "../../../src/dashboard/client/session.ts";
import { browserTab } from "./browser.ts";

const nothing = (): Response => new Response(null, { status: 404 });

test("links between pages are followed by the page, and those within a page by the browser", async () => {
  await using tab = browserTab(nothing);
  watchLocation();
  go("/usage?period=day");
  expect(tab.click("#main")).toBe(false);
  expect(tab.click("https://example.com/usage")).toBe(false);
  expect(tab.click("/sessions?range=all#main")).toBe(true);
  expect([path.value, location.pathname]).toEqual(["/sessions", "/sessions"]);
});

test("a zone of the address that the browser does not know is asked for, and times are in the browser's own", async () => {
  await using tab = browserTab(nothing);
  watchLocation();
  go("/?timezone=Asia/Tokyo");
  expect([timezone.value, selection.value.timezone]).toEqual(["Asia/Tokyo", "Asia/Tokyo"]);
  go("/?timezone=Nowhere/Else");
  expect(selection.value.timezone).toBe("Nowhere/Else");
  expect(timezone.value).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
  expect(tab.asked).toEqual([]);
});

const answerTo =
  (code: string) =>
  async (_path: string, request: Request): Promise<Response> => {
    expect(request.headers.get("authorization")).toBe(null);
    if (((await request.json()) as { code: string }).code === code) return Response.json({ token: "pawt_new" });
    return Response.json({ error: { code: "unauthorized", message: "used", hint: "" } }, { status: 401 });
  };

test("a code of the address signs in, and is in the address no longer", async () => {
  await using tab = browserTab(answerTo("fresh"), { token: null });
  location.href += "usage#code=fresh";
  restoreToken();
  await signInByCode();
  expect([token.value, tab.kept.get("pawprint-token")]).toEqual(["pawt_new", "pawt_new"]);
  expect([location.pathname, location.hash, tab.asked]).toEqual(["/usage", "", ["/v1/page"]]);
});

test("a code that was used leaves the tab signed in with the token that it has", async () => {
  await using tab = browserTab(answerTo("fresh"), { token: null });
  tab.kept.set("pawprint-token", "pawt_old");
  location.href += "#code=used";
  restoreToken();
  await signInByCode();
  expect([token.value, tab.kept.get("pawprint-token")]).toEqual(["pawt_old", "pawt_old"]);
});
