import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{packages,apps,bench,tools,examples}/**/*.test.ts', 'e2e/stories/**/*.story.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
