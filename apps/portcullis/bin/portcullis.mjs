#!/usr/bin/env node
// Plain JavaScript, so that an old Node can still read the sentence that refuses it.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(
    `Portcullis needs Node 24.12 or newer and this is ${process.versions.node}: run it as "npx portcullis" in the project, which brings its own.\n`,
  )
  process.exit(1)
}
const { main } = await import('../src/main.ts')
process.exitCode = await main(process.argv.slice(2), process.env)
