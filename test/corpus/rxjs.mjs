// ReactiveX/rxjs#6624: inner subscribers are never removed from their parent's teardowns. Fixed in 7.3.1.
import { load, name } from './variant.mjs';

export const iterations = 2000;
export const setup = async () => {
  const { Subject, queueScheduler, of } = await load('rxjs');
  const { observeOn, mergeMap } = await import(name('rxjs') + '/operators');
  const subject = new Subject();
  subject
    .pipe(
      observeOn(queueScheduler),
      mergeMap((x) => of(x, x)),
    )
    .subscribe();
  return subject;
};
export const iterate = (subject, i) => subject.next({ i });
