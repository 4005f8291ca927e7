import "graphiql/setup-workers/vite";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "../static/segl.css";
import "./workbench.css";

import { createRoot } from "react-dom/client";

import { Notice, Workbench } from "./workbench.jsx";

const SIGN_IN = "Sign in first, or send an access token of your own to /graphql.";

async function show(root) {
  const answer = await fetch("/whoami", { headers: { Accept: "application/json" } });
  const whoami = await answer.json();
  if (answer.ok) {
    root.render(<Workbench whoami={whoami} />);
  } else if (whoami.signIn) {
    location.replace(whoami.signIn);
  } else {
    root.render(<Notice>{SIGN_IN}</Notice>);
  }
}

const root = createRoot(document.getElementById("workbench"));
show(root).catch(() => root.render(<Notice>The server cannot be reached. Try again.</Notice>));
