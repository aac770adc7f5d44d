import type { ComponentChildren } from "preact";
import { go } from "../client/location.ts";

/** A row of a table. With an address, keys move over it, and a click or Enter opens it. */
export function LinkRow({
  href,
  class: own,
  children,
}: {
  href: string | undefined;
  class: string;
  children: ComponentChildren;
}) {
  if (href === undefined) return <tr class={own}>{children}</tr>;
  return (
    <tr
      class={own}
      data-row
      tabIndex={0}
      onClick={(event) => {
        // A link opens itself, and who selects text does not want to go.
        const isLink = event.target instanceof Element && event.target.closest("a") !== null;
        if (!isLink && getSelection()?.isCollapsed !== false) go(href);
      }}
      onKeyDown={({ key, target, currentTarget }) => {
        if (key === "Enter" && target === currentTarget) go(href);
      }}
    >
      {children}
    </tr>
  );
}
