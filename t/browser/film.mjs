// A film for Chromium's fake camera (--use-file-for-fake-video-capture): a QR code
// as a page draws it, held askew before a camera that is not a good one.
// CONTRIBUTING.md, "Pages in a browser".

import { renameSync, writeFileSync } from 'node:fs';

const WIDTH = 640, HEIGHT = 480, CODE = 420;
const DARK = 45, BRIGHT = 205, WALL = 120;

// CODE x CODE bytes of grey of an image in the page.
async function drawn(page, selector) {
    const text = await page.evaluate(async ([where, size]) => {
        const image = document.querySelector(where);
        await image.decode();
        const canvas = document.createElement('canvas');
        canvas.width = canvas.height = size;
        const context = canvas.getContext('2d');
        context.fillStyle = '#fff';
        context.fillRect(0, 0, size, size);
        context.drawImage(image, 0, 0, size, size);
        const rgba = context.getImageData(0, 0, size, size).data;
        let bytes = '';
        for (let i = 0; i < rgba.length; i += 4) {
            bytes += String.fromCharCode(rgba[i]);
        }
        return btoa(bytes);
    }, [selector, CODE]);
    return Buffer.from(text, 'base64');
}

// One picture of the film: turned by degrees, darker at one side, with noise.
function picture(grey, degrees) {
    const luma = Buffer.alloc(WIDTH * HEIGHT);
    const cos = Math.cos(degrees * Math.PI / 180), sin = Math.sin(degrees * Math.PI / 180);
    let seed = 1;
    for (let y = 0; y < HEIGHT; y++) {
        for (let x = 0; x < WIDTH; x++) {
            const dx = x - WIDTH / 2, dy = y - HEIGHT / 2;
            const u = Math.round(dx * cos + dy * sin + CODE / 2);
            const v = Math.round(dy * cos - dx * sin + CODE / 2);
            const isCode = u >= 0 && v >= 0 && u < CODE && v < CODE;
            seed = (seed * 1103515245 + 12345) % 2147483648;
            luma[y * WIDTH + x] = (isCode
                ? DARK + (BRIGHT - DARK) * grey[v * CODE + u] / 255 : WALL)
                - 20 * x / WIDTH + (seed >> 16) % 13;
        }
    }
    return luma;
}

export async function film(page, selector, file) {
    const grey = await drawn(page, selector);
    const chroma = Buffer.alloc(WIDTH * HEIGHT / 2, 128);
    const parts = [Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`)];
    for (const degrees of [3, 4]) {
        parts.push(Buffer.from('FRAME\n'), picture(grey, degrees), chroma);
    }
    writeFileSync(file + '.new', Buffer.concat(parts));
    renameSync(file + '.new', file);
}
