import { Tabs as Radix } from 'radix-ui';
import type { ReactNode } from 'react';

export interface TabsProps<V extends string> {
  readonly label: string;
  readonly value: V;
  readonly onChange: (value: V) => void;
  readonly tabs: readonly {
    readonly value: V;
    readonly label: ReactNode;
    readonly content: ReactNode;
  }[];
}

/** Only the content of the chosen tab is there. */
export function Tabs<V extends string>({ label, value, onChange, tabs }: TabsProps<V>) {
  return (
    <Radix.Root className="ui-tabs" value={value} onValueChange={(next) => onChange(next as V)}>
      <Radix.List className="ui-tabs__list" aria-label={label}>
        {tabs.map((tab) => (
          <Radix.Trigger className="ui-tabs__tab" key={tab.value} value={tab.value}>
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content className="ui-tabs__content" key={tab.value} value={tab.value}>
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
