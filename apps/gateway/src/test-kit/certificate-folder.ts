import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestCertificate } from '@portcullis/http1/fixture/make-certificate'

/** A folder of certificates of the test's own. */
export interface TestCertificateFolder extends Disposable {
  readonly path: string
  /** Puts a pair in place, as tools that renew do: each file is there whole or not at all. */
  put(name: string, pair: TestCertificate, mode?: number): void
  write(file: string, text: string, mode?: number): void
  remove(file: string): void
}

export function certificateFolder(): TestCertificateFolder {
  const path = mkdtempSync(join(tmpdir(), 'portcullis-certificates-'))
  function write(file: string, text: string, mode = 0o600): void {
    writeFileSync(join(path, `.${file}.new`), text)
    chmodSync(join(path, `.${file}.new`), mode)
    renameSync(join(path, `.${file}.new`), join(path, file))
  }
  return {
    path,
    write,
    put(name, { certificate, key }, mode) {
      write(`${name}.crt`, certificate, 0o644)
      write(`${name}.key`, key, mode)
    },
    remove: (file) => rmSync(join(path, file)),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}
