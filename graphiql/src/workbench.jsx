import { useMonaco } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import { useMemo, useState } from "react";

import { Bar } from "./bar.jsx";
import { createFetcher } from "./fetcher.js";
import { shelfOf } from "./shelf.js";
import { firstTabs } from "./tabs.js";

export function Notice({ children }) {
  return <p className="notice" role="alert">{children}</p>;
}

export function Workbench({ whoami }) {
  const [isSignedOut, setSignedOut] = useState(false);
  const shelf = useMemo(() => shelfOf(whoami), [whoami]);
  const tabs = useMemo(() => firstTabs(whoami, shelf), [whoami, shelf]);
  const fetcher = useMemo(() => createFetcher(() => setSignedOut(true)), []);
  // Tabs changed before the editor has arrived would lose their texts.
  const isReady = useMonaco((state) => Boolean(state.monaco));

  return (
    <>
      <Bar whoami={whoami} isSignedOut={isSignedOut} />
      <main aria-label="Workbench" aria-busy={!isReady} inert={!isReady}>
        <GraphiQL
          {...tabs}
          fetcher={fetcher}
          storage={shelf}
          inputValueDeprecation
          defaultEditorToolsVisibility="variables"
          showPersistHeadersSettings={false}
        >
          <GraphiQL.Logo><></></GraphiQL.Logo>
        </GraphiQL>
      </main>
    </>
  );
}
