import { parse } from "graphql";

import { readEvents } from "./events.js";

const ANSWER = "application/graphql-response+json, application/json";

function operationsOf(query) {
  try {
    return parse(query).definitions.filter(({ kind }) => kind === "OperationDefinition");
  } catch {
    // The server says better what is wrong with the text.
    return [];
  }
}

// GraphiQL learns an operation's name a moment after its tab has opened: who runs it at once
// would send the name of the tab before.
function chosen({ query, operationName }) {
  const operations = operationsOf(query);
  return operations.find(({ name }) => name?.value === operationName) ?? operations[0];
}

function ask(request, options, accept) {
  return fetch("/graphql", {
    method: "POST",
    credentials: "same-origin",
    headers: {
      ...options?.headers,
      Accept: accept,
      "Content-Type": "application/json",
      // No form of a foreign page can send this: it tells the server that we asked.
      "GraphQL-Preflight": "1",
    },
    body: JSON.stringify(request),
  });
}

function readAnswer(text, response) {
  try {
    return JSON.parse(text);
  } catch {
    const message = text || `The server answered ${response.status} without a word.`;
    return { errors: [{ message }] };
  }
}

export function createFetcher(onSignedOut) {
  return async (request, options) => {
    const operation = chosen(request);
    const isStream = operation?.operation === "subscription";
    const accept = isStream ? `text/event-stream, ${ANSWER}` : ANSWER;
    const named = { ...request, operationName: operation?.name?.value };
    const response = await ask(named, options, accept);
    if (response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
      return readEvents(response.body);
    }
    const answer = readAnswer(await response.text(), response);
    if (answer.errors?.some((error) => error.extensions?.code === "UNAUTHENTICATED")) {
      onSignedOut();
    }
    return answer;
  };
}
