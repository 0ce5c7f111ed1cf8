# What is sent on one connection over HTTP/2 without TLS: frames that are nearly
# right (RFC 9113), header blocks that are nearly right (RFC 7541).  Knows no
# socket.

package Healthcode::Attack::Http2;

use strict;
use warnings;

use Healthcode::Attack::Http1;

use constant { DATA => 0, HEADERS => 1, PRIORITY => 2, RST_STREAM => 3,
               SETTINGS => 4, PUSH_PROMISE => 5, PING => 6, GOAWAY => 7,
               WINDOW_UPDATE => 8, CONTINUATION => 9,
               END_STREAM => 1, END_HEADERS => 4, PADDED => 8 };

my $PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";


sub _frame {
    my ($type, $flags, $stream, $payload) = @_;
    return substr(pack('N', length $payload), 1)
        . pack('CCN', $type, $flags, $stream) . $payload;
}


sub _integer {
    my ($n, $bits, $first) = @_;
    my $most = (1 << $bits) - 1;
    return chr($first | $n) if $n < $most;
    my $bytes = chr($first | $most);
    for ($n -= $most; $n >= 128; $n >>= 7) { $bytes .= chr(128 | $n & 127) }
    return $bytes . chr $n;
}


# A header field: literal, never with Huffman; it may go into the table.
sub _field {
    my ($random, $name, $value) = @_;
    my $first = $random->pick(0x00, 0x10, 0x40);
    return chr($first) . _integer(length $name, 7, 0) . $name
        . _integer(length $value, 7, 0) . $value;
}


# As Healthcode::Attack::Http1::connection().
sub connection {
    my ($gate, $random) = @_;
    my $honest = $random->once_in(8);
    my $n = $random->once_in(4) ? 1 + $random->below(60) : 1 + $random->below(6);
    my @settings = $random->once_in(5)
        ? pack('nN', $random->pick(1 .. 6), $random->pick(0, 1, 16384, 1 << 31,
                                                          100)) : ();
    my @frames = map { _request($gate, $random, $honest, 2 * $_ - 1) } 1 .. $n;
    push @frames, map { _strange($random, $n) } 1 .. 1 + $random->below(3)
        if $random->once_in(4);
    if ($random->once_in(6)) {
        my @shuffled;
        push @shuffled, splice @frames, $random->below(scalar @frames), 1
            while @frames;
        @frames = @shuffled;
    }
    my $all = join '', @frames;
    $all = $random->mutate($all) if $random->once_in(8);
    my @pieces = map { $_ eq '' ? () : $_ }
        $random->once_in(3) ? _cut($random, $all) : $all;
    $pieces[0] = $PREFACE . _frame(SETTINGS, 0, 0, join '', @settings)
               . ($pieces[0] // '');
    return { pieces => \@pieces, requests => $n, honest => $honest, h2 => 1,
             end => $random->pick(qw(wait half reset reset leave leave)) };
}


sub _cut {
    my ($random, $text) = @_;
    my $n = $random->below(1 + length $text);
    return (substr($text, 0, $n), substr $text, $n);
}


# The frames of a request on a stream; some are taken back at once.
sub _request {
    my ($gate, $random, $honest, $stream) = @_;
    my $code = Healthcode::Attack::Http1::code($gate, $random, $honest);
    my $method = $random->pick(('GET') x 6, qw(POST HEAD PUT OPTIONS X));
    my $uri = Healthcode::Attack::Http1::uri($random, $code);
    my @fields = ([ ':method', $method ], [ ':scheme', 'http' ],
                  [ ':path', $uri ], [ ':authority', 'localhost' ]);
    splice @fields, $random->below(4), 1 if $random->once_in(40);
    my @more = Healthcode::Attack::Http1::headers($random, $code);
    if ($honest && $random->below(3)) {
        $fields[2][1] = $random->pick(@Healthcode::Attack::Gate::OPENED);
        @more = [ 'authorization', 'Bearer ' . $gate->good_code($random) ];
    }
    push @fields, map { [ lc $_->[0], $_->[1] ] } @more;
    push @fields, [ 'content-length', $random->pick(0, 5, 1000, -1) ]
        if $random->once_in(12);
    my $block = join '', map { _field($random, @$_) } @fields;
    $block = $random->mutate($block) if $random->once_in(20);

    my $body = $method eq 'POST' || $method eq 'PUT' || $random->once_in(15);
    my @out = _headers($random, $stream, $block, $body ? 0 : END_STREAM);
    if ($body) {
        my $pieces = $random->below(5);
        for my $left (reverse 0 .. $pieces) {
            my $flags = !$left && $random->below(8) ? END_STREAM : 0;
            my $data = $random->once_in(3) ? "&code=$code&"
                : 'x' x $random->below($random->once_in(9) ? 16384 : 300);
            if ($random->once_in(5)) {
                my $pad = $random->below(20);
                $data = chr($pad) . $data
                      . "\0" x ($random->once_in(9) ? 0 : $pad);
                $flags |= PADDED;
            }
            push @out, _frame(DATA, $flags, $stream, $data);
        }
    }
    push @out, _frame(RST_STREAM, 0, $stream, pack 'N', 8)
        if $random->once_in(3);
    return join '', @out;
}


# HEADERS, or HEADERS and CONTINUATION.
sub _headers {
    my ($random, $stream, $block, $flags) = @_;
    my @parts;
    my $most = $random->once_in(8) ? 1 + $random->below(500) : 16000;
    push @parts, substr $block, 0, $most, '' while length $block;
    @parts = ('') if !@parts;
    return map {
        _frame($_ ? CONTINUATION : HEADERS,
               ($_ ? 0 : $flags) | ($_ == $#parts ? END_HEADERS : 0), $stream,
               $parts[$_]) } 0 .. $#parts;
}


sub _strange {
    my ($random, $n) = @_;
    my $stream = $random->below(2 * $n + 4);
    return $random->pick(
        _frame(PING, 0, 0, $random->bytes($random->pick(8, 8, 0, 9))),
        _frame(WINDOW_UPDATE, 0, $stream, pack 'N',
               $random->pick(0, 1, 0x7fffffff)),
        _frame(PRIORITY, 0, $stream, pack 'NC', $random->pick(0, $stream, 1), 5),
        _frame(SETTINGS, $random->below(2), 0,
               pack 'nN', $random->below(8), $random->pick(0, 4096, 0xffffffff)),
        _frame(RST_STREAM, 0, $stream, pack 'N', $random->below(14)),
        _frame(GOAWAY, 0, 0, pack 'NN', 0, 0),
        _frame(DATA, 1, $stream, 'x' x $random->below(100)),
        _frame(CONTINUATION, 4, $stream, $random->bytes(20)),
        _frame(PUSH_PROMISE, 4, $stream, $random->bytes(20)),
        _frame($random->below(256), $random->below(256), $stream,
               $random->bytes($random->below(60))));
}

1;
