import { arch, hostname, release, userInfo } from 'node:os';
import { token } from '../token.js';

/** What the program runs on. The only place that asks the system. */
export interface Platform {
  readonly os: NodeJS.Platform;
  readonly arch: string;
  readonly release: string;
  readonly hostName: string;
  readonly userName: string;
  /** Effective user id; undefined on Windows. */
  readonly userId: number | undefined;
}
export const PLATFORM = token<Platform>('@winback/core/Platform');

function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return ''; // no entry in the user database
  }
}

export const systemPlatform = (): Platform => ({
  os: process.platform,
  arch: arch(),
  release: release(),
  hostName: hostname(),
  userName: nameOfUser(),
  userId: process.geteuid?.(),
});
