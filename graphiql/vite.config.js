import { defineConfig } from "vite";

export default defineConfig({
  base: "/assets/",
  publicDir: false,
  // GraphiQL makes the titles of its icons out of the names of its functions.
  esbuild: { jsx: "automatic", keepNames: true },
  // Monaco's workers load parts of themselves on demand, which only module workers can.
  worker: { format: "es" },
  build: {
    target: "es2022",
    assetsDir: "",
    // Fonts and pictures stay files, so that the page needs no `data:` in its policy.
    assetsInlineLimit: 0,
    // The editor is one big piece; it arrives once and stays in the browser's cache.
    chunkSizeWarningLimit: 4000,
    rollupOptions: {
      onwarn(warning, warn) {
        // "use client" speaks to servers that render React; this page has none.
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") warn(warning);
      },
    },
  },
});
