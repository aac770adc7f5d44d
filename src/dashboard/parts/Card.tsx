import type { ComponentChildren } from "preact";

/** Columns of the twelve that a card takes on a wide screen. */
export type CardWidth = 3 | 4 | 5 | 6 | 7 | 8 | 9 | 12;

/** A card of a page: a heading, what it is about in a few words, and its content. */
export function Card({
  title,
  about,
  width = 12,
  isShort = false,
  children,
}: {
  title: ComponentChildren;
  /** Unit, range or age of what is shown. */
  about?: ComponentChildren;
  width?: CardWidth;
  /** As high as its content, not as the card beside it. */
  isShort?: boolean;
  children: ComponentChildren;
}) {
  return (
    <section class={`card w${width}${isShort ? " short" : ""}`}>
      <h2>
        <span>{title}</span>
        {about !== undefined && about !== false && <small>{about}</small>}
      </h2>
      {children}
    </section>
  );
}

/** One large number with a sentence below it. */
export function Tile({
  title,
  about,
  value,
  children,
}: {
  title: string;
  about?: ComponentChildren;
  value: ComponentChildren;
  children?: ComponentChildren;
}) {
  return (
    <Card title={title} about={about} width={3}>
      <b class="large">{value}</b>
      <p class="soft">{children}</p>
    </Card>
  );
}

/** One of several numbers of a card (class `numbers`), with what it is. */
export const Fact = ({ value, children }: { value: ComponentChildren; children: ComponentChildren }) => (
  <div>
    <b class="medium">{value}</b>
    <span class="soft">{children}</span>
  </div>
);
