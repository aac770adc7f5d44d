import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { cameBack, lastHeard, liveState } from "./client/live.ts";
import { hrefOf, path, timezone } from "./client/location.ts";
import { token } from "./client/session.ts";
import { isHelpShown, keyList } from "./keys.ts";
import { MachineSelect } from "./MachineSelect.tsx";
import { pageOf, pages } from "./pages/registry.ts";
import { Boundary } from "./parts/Boundary.tsx";
import { Card } from "./parts/Card.tsx";
import { Dialog } from "./parts/Dialog.tsx";
import { SignIn } from "./SignIn.tsx";
import { nextTheme, theme } from "./theme.ts";
import { clockSeconds } from "./text.ts";
import { WrongAddress } from "./WrongAddress.tsx";

/** How long it is said that the connection came back, milliseconds. */
const CAME_BACK_MS = 5_000;

/** The whole page. */
export function App() {
  const found = pageOf(path.value);
  const title = found ? (found.page.title ?? "Session") : "No such page";
  useEffect(() => {
    document.title = `${title} · Pawprint`;
  }, [title]);
  if (token.value === null) return <SignIn />;
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          // Without a step in the history: the address keeps the state of the page alone.
          event.preventDefault();
          document.getElementById("main")?.focus();
        }}
      >
        Skip to the numbers
      </a>
      <Header />
      <Connection />
      <main id="main" tabIndex={-1}>
        <h1 class="hidden">{title}</h1>
        {/* Another page, or the same of another address, begins anew after one that failed. */}
        <Boundary key={path.value}>
          {found ? (
            <WrongAddress>
              <found.page.Content {...found.names} />
            </WrongAddress>
          ) : (
            <NoPage path={path.value} />
          )}
        </Boundary>
      </main>
      {isHelpShown.value && <Keys />}
    </>
  );
}

const NoPage = ({ path: missing }: { path: string }) => (
  <Card title="There is no such page">
    <p class="soft">
      Nothing is at <code>{missing.slice(0, 200)}</code>.
    </p>
    <p class="next">
      <a href={hrefOf("/")}>Go to Now</a>
    </p>
  </Card>
);

function Header() {
  const current = pageOf(path.value)?.page;
  const isAt = (one: (typeof pages)[number]): boolean =>
    one === current || (current?.title === null && current.path.startsWith(`${one.path}/`) && one.path !== "/");
  return (
    <header>
      <span class="pet" aria-hidden="true">
        =^•ω•^=
      </span>
      <b>Pawprint</b>
      <nav aria-label="Pages">
        {pages.map((one) =>
          one.title === null ? null : (
            <a key={one.name} href={hrefOf(one.path)} aria-current={isAt(one) ? "page" : undefined}>
              {one.title}
            </a>
          ),
        )}
      </nav>
      <div class="right">
        <MachineSelect />
        <LiveMark />
        <button
          type="button"
          aria-label={`Colours: ${theme.value}`}
          title={`Colours: ${theme.value}`}
          onClick={nextTheme}
        >
          ◐
        </button>
        <button type="button" aria-label="Keys" title="Keys: ?" onClick={() => (isHelpShown.value = true)}>
          ?
        </button>
      </div>
    </header>
  );
}

function LiveMark() {
  const state = liveState.value;
  return (
    <span class="live" role="status">
      <i class={state === "live" ? "dot" : state === "offline" ? "dot off" : "dot idle"} />
      {state}
    </span>
  );
}

/** Says that the server does not answer, with the age of what is shown; and for a moment that it does again. */
function Connection() {
  const state = liveState.value;
  const heard = lastHeard.value;
  const back = cameBack.value;
  useEffect(() => {
    if (back === null) return undefined;
    const timer = setTimeout(() => (cameBack.value = null), CAME_BACK_MS);
    return () => clearTimeout(timer);
  }, [back]);
  if (state === "offline")
    return (
      <Banner kind="off">
        Pawprint does not answer{heard === null ? "" : ` since ${clockSeconds(timezone.value, heard)}`}. What you see is
        from then; the connection is tried again.
      </Banner>
    );
  return back === null ? null : <Banner kind="ok">Connected again; the numbers are up to date.</Banner>;
}

const Banner = ({ kind, children }: { kind: string; children: ComponentChildren }) => (
  <p class={`banner ${kind}`} role="status">
    {children}
  </p>
);

function Keys() {
  const close = (): void => void (isHelpShown.value = false);
  return (
    <Dialog label="Keys" close={close}>
      <h2>Keys</h2>
      <dl class="keys">
        {keyList.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={close}>
        Close
      </button>
    </Dialog>
  );
}
