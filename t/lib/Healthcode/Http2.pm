# Many requests at the same time over HTTP/2 without TLS: so many connections,
# so many streams on each, all sent before any answer is read.  Knows just enough
# of RFC 9113 and RFC 7541 for a GET with a code, and for a status and a reason.

package Healthcode::Http2;

use strict;
use warnings;

use Exporter qw(import);
use IO::Select;
use Time::HiRes qw(time);

use Healthcode::Http qw(dial);

our @EXPORT_OK = qw(at_once take_back);

use constant { DATA => 0, HEADERS => 1, RST_STREAM => 3, SETTINGS => 4,
               GOAWAY => 7, WHOLE => 0x5 };

# Statuses that the static table has, from index 8 on.
my @STATUS = (200, 204, 206, 304, 400, 404, 500);


sub _frame {
    my ($type, $flags, $stream, $payload) = @_;
    return substr(pack('N', length $payload), 1)
        . pack('CCN', $type, $flags, $stream) . $payload;
}


# A string as it is, its length in front.
sub _string {
    my ($text) = @_;
    my $n = length $text;
    return chr($n) . $text if $n < 127;
    my $length = chr 127;
    for ($n -= 127; $n >= 128; $n >>= 7) { $length .= chr(128 | $n & 127) }
    return $length . chr($n) . $text;
}


# GET $uri with this code as a bearer, on stream $stream.
sub _get {
    my ($stream, $uri, $code) = @_;
    return _frame(HEADERS, WHOLE, $stream, "\x82\x86"
        . "\x04" . _string($uri) . "\x01" . _string('localhost')
        . "\x0f\x08" . _string("Bearer $code"));
}


# Counts what the frames at the front of $$bytes answer in %$got.
sub _count {
    my ($bytes, $got) = @_;
    my $ended = 0;
    while (length $$bytes >= 9) {
        my ($high, $low, $type, $flags, $stream) = unpack 'CnCCN', $$bytes;
        my $n = ($high << 16) + $low;
        last if length $$bytes < 9 + $n;
        my $payload = substr substr($$bytes, 0, 9 + $n, ''), 9;
        if ($type == HEADERS) {
            my $first = ord $payload;
            $got->{status}{$stream} = $first & 0x80
                ? $STATUS[($first & 0x7f) - 8] : substr $payload, 2, 3;
        } elsif ($type == DATA) {
            $got->{body}{$stream} .= $payload;
        } elsif ($type == RST_STREAM) {
            $got->{status}{$stream} //= 'reset';
            $ended++;
        } elsif ($type == GOAWAY) {
            $got->{status}{0} = 'goaway';
        }
        $ended++ if $type <= HEADERS && $flags & 1;
    }
    return $ended;
}


sub _greeting { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . _frame(SETTINGS, 0, 0, '') }


# Asks on $streams streams of a new connection, or of this one, and takes each
# request back in the same breath.  Returns the connection, which stays open
# for as long as the caller has it.
sub take_back {
    my ($to, $streams, $uri, $code) = @_;
    my $socket = ref $to ? $to : dial($to);
    my $cancel = pack 'N', 8;
    syswrite $socket, _greeting() . join '', map {
        _get(2 * $_ - 1, $uri, $code)
            . _frame(RST_STREAM, 0, 2 * $_ - 1, $cancel) } 1 .. $streams;
    return $socket;
}


# at_once(TO, CONNECTIONS, STREAMS, URI, [CODES], SECONDS): how often each answer
# came, such as { 200 => 3, '403 flagged' => 61 }.  Codes are taken in turn.
sub at_once {
    my ($to, $connections, $streams, $uri, $codes, $seconds) = @_;
    my ($n, $until, %count) = (0, time + $seconds);
    local $SIG{PIPE} = 'IGNORE';

    my @open = map {
        my $socket = dial($to);
        $socket->blocking(0);
        { socket => $socket, got => {}, in => '', left => $streams,
          out => _greeting() . join '', map { _get(2 * $_ - 1, $uri,
                                    $codes->[$n++ % @$codes]) } 1 .. $streams }
    } 1 .. $connections;
    my @all = @open;

    while (@open && time < $until) {
        my %of = map { fileno $_->{socket} => $_ } @open;
        my ($read, $write) = IO::Select->select(
            IO::Select->new(map { $_->{socket} } @open),
            IO::Select->new(map { $_->{socket} } grep { length $_->{out} } @open),
            undef, $until - time);
        for my $c (map { $of{ fileno $_ } } @{ $write || [] }) {
            my $sent = syswrite $c->{socket}, $c->{out}, 65536;
            substr $c->{out}, 0, $sent // 0, '';
        }
        for my $c (map { $of{ fileno $_ } } @{ $read || [] }) {
            my $took = sysread $c->{socket}, $c->{in}, 65536, length $c->{in};
            next if !defined $took && $!{EAGAIN};
            $c->{left} -= _count(\$c->{in}, $c->{got});
            $c->{left} = 0 if !$took;
        }
        @open = grep { $_->{left} > 0 } @open;
    }

    for my $got (map { $_->{got} } @all) {
        for my $stream (map { 2 * $_ - 1 } 1 .. $streams) {
            my $status = $got->{status}{$stream} // $got->{status}{0} // 'none';
            my ($reason) = ($got->{body}{$stream} // '') =~ /"reason":"(\w+)"/;
            $count{ $reason ? "$status $reason" : $status }++;
        }
    }
    return \%count;
}

1;
