import type { ComponentChildren } from "preact";
import { useErrorBoundary } from "preact/hooks";
import { Card } from "./Card.tsx";

/** Keeps the head usable if what is inside fails: says so, and offers to load the page again. */
export function Boundary({ children }: { children: ComponentChildren }) {
  const [error] = useErrorBoundary((failed: unknown) => console.error(failed)) as [unknown, () => void];
  if (error === undefined) return <>{children}</>;
  return (
    <Card title="This page cannot be shown">
      <p class="problem" role="alert">
        <b>{error instanceof Error ? error.message : "something failed"}</b>
        <span class="soft"> That is a fault of Pawprint; nothing is lost.</span>
      </p>
      <p class="next">
        <button type="button" onClick={() => location.reload()}>
          Load again
        </button>
      </p>
    </Card>
  );
}
