// Variables may hold CPR numbers, so what one writes lasts as long as the browser's tab and
// is never kept on disk; and each person has a shelf, so that nobody reads another's tabs.
export function shelfOf(whoami) {
  const owner = whoami.id ?? [whoami.kind, whoami.organisation, whoami.name].join("/");
  const prefix = `segl:${owner}:`;
  const keys = () => Object.keys(sessionStorage).filter((key) => key.startsWith(prefix));
  return {
    getItem: (key) => sessionStorage.getItem(prefix + key),
    setItem: (key, value) => sessionStorage.setItem(prefix + key, value),
    removeItem: (key) => sessionStorage.removeItem(prefix + key),
    clear: () => keys().forEach((key) => sessionStorage.removeItem(key)),
    get length() {
      return keys().length;
    },
  };
}
