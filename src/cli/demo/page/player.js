/* global document, window, atob, AudioContext, requestAnimationFrame */
/**
 * The page's players. Every version of a recording runs through its own gain from one start time, so
 * switching between them is a cross-fade at the same sample and never a seek. Without this script the
 * page keeps working: each version shows the browser's own player.
 */
(() => {
  const FADE_S = 0.008;
  const SEEK_STEP_S = 0.5;
  const root = document.documentElement;
  const status = document.getElementById('status');
  const shortcuts = document.getElementById('shortcuts');

  let context = null;
  let players = [];
  let active = null;

  /** The bytes of the WAV file in an <audio> element's data URL. */
  function bytesOf(element) {
    const text = atob(element.getAttribute('src').split(',')[1]);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return bytes.buffer;
  }

  function createPlayer(section) {
    const rows = [...section.querySelectorAll('.version')];
    const radios = rows.map((row) => row.querySelector('input[type=radio]'));
    const names = rows.map((row) => row.dataset.name);
    const play = section.querySelector('.play');
    const seek = section.querySelector('.seek');
    const clock = section.querySelector('.clock');
    const repeat = section.querySelector('.repeat');
    const duration = Number(section.dataset.seconds);
    const title = section.dataset.title;

    let buffers = null;
    let voices = [];
    let startedAt = 0;
    let offset = 0;
    let playing = false;
    let wanted = false;
    let looping = repeat.checked;
    let selected = Math.max(
      0,
      radios.findIndex((radio) => radio.checked),
    );
    let previous = selected === 0 ? Math.min(1, rows.length - 1) : 0;

    const position = () => {
      if (!playing) return offset;
      const latency = context.outputLatency || 0;
      const elapsed = Math.max(0, context.currentTime - latency - startedAt) + offset;
      return looping ? elapsed % duration : Math.min(elapsed, duration);
    };

    function show() {
      const at = position();
      section.style.setProperty('--position', String(at / duration));
      seek.value = String(at);
      const text = `${at.toFixed(1)} of ${duration.toFixed(1)} s`;
      seek.setAttribute('aria-valuetext', text);
      clock.textContent = text;
      if (playing) requestAnimationFrame(show);
    }

    function stopVoices() {
      for (const { source } of voices) {
        source.onended = null;
        source.stop();
      }
      voices = [];
    }

    async function startFrom(at) {
      wanted = true;
      for (const other of players) if (other !== player) other.pause();
      context ??= new AudioContext();
      await context.resume();
      if (buffers === null) {
        buffers = await Promise.all(
          rows.map((row) => context.decodeAudioData(bytesOf(row.querySelector('audio')))),
        );
      }
      if (!wanted) return;
      stopVoices();
      offset = at >= duration ? 0 : at;
      startedAt = context.currentTime + 0.02;
      voices = buffers.map((buffer, index) => {
        const gain = context.createGain();
        gain.gain.value = index === selected ? 1 : 0;
        gain.connect(context.destination);
        const source = context.createBufferSource();
        source.buffer = buffer;
        source.loop = looping;
        source.connect(gain);
        source.start(startedAt, offset);
        return { source, gain };
      });
      voices[0].source.onended = () => {
        offset = 0;
        halt();
      };
      playing = true;
      section.classList.add('started');
      play.textContent = 'Pause';
      requestAnimationFrame(show);
    }

    function halt() {
      wanted = false;
      playing = false;
      stopVoices();
      play.textContent = 'Play';
      show();
    }

    const player = {
      section,
      count: rows.length,
      pause() {
        if (!playing && !wanted) return;
        offset = position();
        halt();
      },
      toggle() {
        active = player;
        if (playing || wanted) {
          player.pause();
          return;
        }
        startFrom(offset).catch((error) => {
          halt();
          status.textContent = `Cannot play: ${error.message}`;
          play.textContent = 'Cannot play';
        });
      },
      select(index) {
        if (index < 0 || index >= rows.length) return;
        active = player;
        if (index !== selected) {
          previous = selected;
          selected = index;
        }
        rows.forEach((row, at) => row.classList.toggle('selected', at === selected));
        radios[selected].checked = true;
        const now = context?.currentTime ?? 0;
        voices.forEach(({ gain }, at) => {
          gain.gain.cancelScheduledValues(now);
          gain.gain.setValueAtTime(gain.gain.value, now);
          gain.gain.linearRampToValueAtTime(at === selected ? 1 : 0, now + FADE_S);
        });
        status.textContent = `${title}: ${names[selected]}`;
      },
      swap() {
        player.select(previous);
      },
      seek(at) {
        active = player;
        const target = Math.max(0, Math.min(duration, at));
        section.classList.add('started');
        if (playing) {
          void startFrom(target);
        } else {
          offset = target;
          show();
        }
      },
      nudge(step) {
        player.seek(position() + step);
      },
    };

    play.addEventListener('click', () => player.toggle());
    seek.addEventListener('input', () => player.seek(Number(seek.value)));
    repeat.addEventListener('change', () => {
      const at = position(); // by the rule that held so far
      looping = repeat.checked;
      if (playing) void startFrom(at);
    });
    radios.forEach((radio, index) => radio.addEventListener('change', () => player.select(index)));
    section.querySelector('.swap').addEventListener('click', () => player.swap());
    rows.forEach((row, index) => {
      const picture = row.querySelector('.picture');
      picture.addEventListener('click', (event) => {
        const box = picture.getBoundingClientRect();
        player.select(index);
        player.seek(((event.clientX - box.left) / box.width) * duration);
      });
    });
    show();
    return player;
  }

  players = [...document.querySelectorAll('section.recording')].map(createPlayer);
  active = players[0] ?? null;

  function move(step) {
    const at = players.indexOf(active) + step;
    if (at < 0 || at >= players.length) return;
    active?.pause();
    active = players[at];
    active.section.querySelector('.play').focus({ preventScroll: true });
    active.section.scrollIntoView({ block: 'start' });
  }

  document.addEventListener('keydown', (event) => {
    if (!shortcuts.checked || active === null) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const on = event.target;
    const usesSpace = on.matches('input[type=checkbox], select, button, a, summary, audio');
    const usesArrows = on.matches('input, select, audio');
    const key = event.key.toLowerCase();
    if (key === ' ' && !usesSpace) active.toggle();
    else if (key === 'arrowleft' && !usesArrows) active.nudge(-SEEK_STEP_S);
    else if (key === 'arrowright' && !usesArrows) active.nudge(SEEK_STEP_S);
    else if (key >= '1' && key <= '9' && Number(key) <= active.count)
      active.select(Number(key) - 1);
    else if (key === 'x') active.swap();
    else if (key === 'n') move(1);
    else if (key === 'p') move(-1);
    else return;
    event.preventDefault();
  });

  // The recording nearest to the top of the window is the one that keys act on.
  document.addEventListener('focusin', (event) => {
    const section = event.target.closest('section.recording');
    const player = players.find((one) => one.section === section);
    if (player) active = player;
  });

  const theme = document.getElementById('theme');
  theme.addEventListener('change', () => {
    if (theme.value === 'auto') delete root.dataset.theme;
    else root.dataset.theme = theme.value;
  });

  window.addEventListener('pagehide', () => players.forEach((player) => player.pause()));
  root.classList.add('js');
})();
