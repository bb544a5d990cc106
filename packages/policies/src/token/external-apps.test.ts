import { expect, it } from 'vitest'
import { appsOf, ownAppsOf } from './external-apps.ts'

const issuer = 'https://auth.example/hmart'
const externalApps = [
  { issuer: 'https://one.example', clientId: 'shop-frontend', app: 'shop' },
  { issuer: 'https://one.example', clientId: 'robot', app: 'their-robot' },
  { issuer: 'https://two.example', clientId: 'robot', app: 'other-robot' },
]

it('takes the clients of an issuer for the apps that say so, and those of no other', () => {
  const one = appsOf({ issuer: 'https://one.example', apps: {} }, { issuer, externalApps }).apps
  expect(one).toEqual({ 'shop-frontend': 'shop', robot: 'their-robot' })
  expect(appsOf({ issuer: 'https://two.example', apps: {} }, { issuer, externalApps }).apps).toEqual({
    robot: 'other-robot',
  })
  expect(appsOf({ issuer: 'https://one.example.evil', apps: {} }, { issuer, externalApps }).apps).toEqual({})
})

it('lets the config of the policy say otherwise', () => {
  const one = appsOf(
    { issuer: 'https://one.example', apps: { robot: 'ours' } },
    { issuer, externalApps },
  ).apps
  expect(one).toEqual({ 'shop-frontend': 'shop', robot: 'ours' })
})

it('says nothing of documents where no app takes them', () => {
  expect(ownAppsOf({ documentApps: [] })).toEqual({})
})
