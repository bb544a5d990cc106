import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collectingLog } from '@portcullis/ports/log/memory'
import { expect, onTestFinished, test } from 'vitest'
import { readSettings, settingFaults } from '../setting/read-settings.ts'
import { startPortcullis } from './start-portcullis.ts'

test('a gateway of the PROXY protocol that trusts nobody does not start', async () => {
  const home = mkdtempSync(join(tmpdir(), 'portcullis-proxy-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  const ports = {
    PORTCULLIS_GATEWAY_PORT: '0',
    PORTCULLIS_CONTROL_PLANE_PORT: '0',
    PORTCULLIS_AUTHSERVER_PORT: '0',
    PORTCULLIS_OPERATIONS_PORT: 'none',
  }
  const settings = readSettings({
    ...ports,
    PORTCULLIS_HOME: home,
    PORTCULLIS_SAMPLE: 'false',
    PORTCULLIS_PROXY_PROTOCOL: 'true',
  })
  const started = startPortcullis(settings, collectingLog())
  await expect(started).rejects.toThrow(expect.objectContaining({ code: settingFaults.invalid.code }))
})
