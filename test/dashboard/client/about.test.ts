import { expect, test } from "bun:test";
import { about, askAbout } from "../../../src/dashboard/client/about.ts";
import { setToken } from "../../../src/dashboard/client/session.ts";
import { browserTab } from "./browser.ts";

const hub = { kind: "hub", name: "hub", program: "0.2.0", scope: "admin", machines: [] };

test("what the server says to the token of before is not shown to the one that came meanwhile", async () => {
  const gate = Promise.withResolvers<void>();
  await using tab = browserTab(async (_path, { headers }) => {
    if (headers.get("authorization") !== "Bearer pawt_one") return Response.json({ ...hub, scope: "read" });
    await gate.promise;
    return Response.json(hub);
  });
  about.value = null;
  const first = askAbout();
  await Bun.sleep(2);
  setToken("pawt_two");
  await askAbout();
  expect(about.value).toMatchObject({ scope: "read" });
  gate.resolve();
  await first;
  expect(about.value).toMatchObject({ scope: "read" });
  expect(tab.asked).toHaveLength(2);
  about.value = null;
});
