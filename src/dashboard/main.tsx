import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./App.tsx";
import { about, askAbout } from "./client/about.ts";
import { followCommits } from "./client/live.ts";
import { watchLocation } from "./client/location.ts";
import { keepFresh, refreshReports } from "./client/reports.ts";
import { restoreToken, token } from "./client/session.ts";
import { watchCodes } from "./client/sign-in.ts";
import { watchKeys } from "./keys.ts";
import { watchTexts } from "./watch-texts.ts";
import { watchTheme } from "./theme.ts";

watchTexts();
watchTheme();
watchLocation();
watchKeys();
restoreToken();
await watchCodes();
effect(() => {
  if (token.value === null) about.value = null;
  else void askAbout();
});
render(<App />, document.getElementById("page") as HTMLElement);
keepFresh();
followCommits((isOpened) => {
  refreshReports();
  // Machines may have joined, or the server may be another one.
  if (isOpened) void askAbout();
});
