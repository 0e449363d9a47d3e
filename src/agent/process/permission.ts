/**
 * Why the kernel does not let memwatch look into a process. In: what /proc says about it and about memwatch. Out: the
 * reason and what to do; if several reasons are possible, all of them. The rules are those of ptrace(2), "Ptrace access
 * mode checking".
 */
import { statSync } from 'node:fs';
import { hasProc, readLink, readText } from './proc.js';

export interface Denial {
  /** Continues a sentence that begins `process 123`. */
  readonly reason: string;
  readonly hint: string;
}

/** The bits of a set of capabilities, from linux/capability.h. */
const capabilityBits = { CAP_KILL: 5n, CAP_NET_ADMIN: 12n, CAP_SYS_PTRACE: 19n, CAP_SYS_ADMIN: 21n };

/** memwatch has this capability now. */
export const hasCapability = (name: keyof typeof capabilityBits): boolean =>
  ((readCredentials('self').effectiveCapabilities >> capabilityBits[name]) & 1n) === 1n;

const addCapability = 'run memwatch with CAP_SYS_PTRACE (docker run --cap-add SYS_PTRACE)';

export const whyDenied = (pid: number): Denial => {
  if (!hasProc) return { reason: 'belongs to another user', hint: 'run memwatch as that user, or as root' };
  const [theirs, ours] = [readCredentials(pid), readCredentials('self')];
  const [ourUser] = ours.userIds;
  if (hasCapability('CAP_SYS_PTRACE')) {
    const reason = 'may not be inspected: it is in another user namespace, or a security module forbids it';
    return {
      reason,
      hint: 'run memwatch in the namespace (container) of the process; AppArmor and SELinux log denials',
    };
  }
  const asRoot = ourUser === 0 ? `; memwatch runs as root, but without CAP_SYS_PTRACE` : '';
  const hint = asRoot === '' ? 'run memwatch as root' : addCapability;
  const users = [...new Set(theirs.userIds.slice(0, 3))];
  const [user] = users;
  if (users.length > 1) {
    const reason = `has changed its user (setuid: user ids ${theirs.userIds.slice(0, 3).join(', ')})${asRoot}`;
    return { reason, hint };
  }
  const isProtected = ownerOf(pid) !== user;
  if (user !== ourUser) {
    const reason = `belongs to another user (user id ${user}, memwatch has ${ourUser})${asRoot}`;
    const orAsThem = `run memwatch as user ${user}, or ${hint.replace('run memwatch ', '')}`;
    return { reason, hint: isProtected ? hint : orAsThem };
  }
  return { reason: whyOwnIsDenied(theirs, ours, isProtected, asRoot), hint };
};

/** Of a process of the same user. */
const whyOwnIsDenied = (theirs: Credentials, ours: Credentials, isProtected: boolean, asRoot: string): string => {
  const groups = theirs.groupIds.slice(0, 3);
  if (groups.some((group) => group !== ours.groupIds[0]))
    return `runs with different groups from memwatch (group ids ${groups.join(', ')})`;
  if (isProtected)
    return 'is protected by the kernel: it called setuid or setgid, or its file has capabilities or cannot be read';
  if ((theirs.permittedCapabilities & ~ours.effectiveCapabilities) !== 0n)
    return `has capabilities that memwatch does not have${asRoot}`;
  return `may not be inspected: it called setuid or setgid, its file cannot be read, or a security module forbids it${asRoot}`;
};

/**
 * Why memwatch may not send a signal to a process that it may look into, by the rules of kill(2); undefined if it may, or if
 * that is not known: whoever made a user namespace may send signals into it.
 */
export const whyNoSignal = (pid: number): Denial | undefined => {
  if (!hasProc) return undefined; // whyDenied has looked at the user
  if (hasCapability('CAP_KILL') || readLink(`/proc/${pid}/ns/user`) !== readLink('/proc/self/ns/user'))
    return undefined;
  const [real, , saved] = readCredentials(pid).userIds;
  const ours = readCredentials('self').userIds.slice(0, 2);
  if (ours.some((user) => user === real || user === saved)) return undefined;
  return {
    reason: `may not be sent SIGUSR1: it belongs to another user (user id ${real}), and memwatch runs without CAP_KILL`,
    hint: `run memwatch as user ${real}, or with CAP_KILL (docker run --cap-add KILL)`,
  };
};

interface Credentials {
  /** Real, effective, saved and file-system id, in that order; the same for the groups. */
  readonly userIds: readonly number[];
  readonly groupIds: readonly number[];
  readonly permittedCapabilities: bigint;
  readonly effectiveCapabilities: bigint;
}

const readCredentials = (pid: number | 'self'): Credentials => {
  const status = readText(`/proc/${pid}/status`);
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  const ids = (name: string): number[] => field(name).split(/\s+/).map(Number);
  const capabilities = (name: string): bigint => BigInt(`0x${field(name) || '0'}`);
  return {
    userIds: ids('Uid'),
    groupIds: ids('Gid'),
    permittedCapabilities: capabilities('CapPrm'),
    effectiveCapabilities: capabilities('CapEff'),
  };
};

/**
 * The owner of its files in /proc (its folder always belongs to its own user). That is root if the process is not dumpable,
 * which a change of user or group causes.
 */
const ownerOf = (pid: number): number | undefined => statSync(`/proc/${pid}/status`, { throwIfNoEntry: false })?.uid;
