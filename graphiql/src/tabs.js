// GraphiQL names a tab after its operation, so the title becomes the first line of the text.
function titled({ title, query, variables }) {
  const text = title && !query.startsWith("#") ? `# ${title}\n\n${query}` : query;
  return { query: text, variables: variables ?? "" };
}

export function firstTabs(whoami, shelf) {
  const tabs = (whoami.tabs ?? []).map(titled);
  if (tabs.length === 0) return { defaultQuery: "" };
  if (shelf.getItem("graphiql:tabState")) return { defaultTabs: tabs };
  // The first tab's variables reach the editor only in this way.
  const [first] = tabs;
  return { defaultTabs: tabs, initialQuery: first.query, initialVariables: first.variables };
}
