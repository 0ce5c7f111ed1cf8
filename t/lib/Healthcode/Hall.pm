# The helper of the demo (tools/demo/), with the Redis and the keys of a fixture:
# starts it and asks it as a page does.  grey() makes a frame of a camera from a
# QR code that "healthcode issue --qr" has drawn.  docs/demo.md.

package Healthcode::Hall;

use strict;
use warnings;

use Compress::Zlib qw(uncompress);
use Exporter qw(import);
use JSON::PP ();
use Time::HiRes qw(sleep);

use Healthcode::Fixture;
use Healthcode::Http qw(answers exchange);
use Healthcode::Process;

our @EXPORT_OK = qw(grey modules);

my $HELPER = "$Healthcode::Fixture::BUILD/healthcode-demo";
my $json = JSON::PP->new->utf8->canonical;


# start($fixture, more words of its command line)
sub start {
    my ($class, $f, @words) = @_;
    -x $HELPER or die "$HELPER is missing: run \"make hall\" first\n";

    my $self = bless { process => Healthcode::Process->spawn([ $HELPER,
        '--port', 0, '--redis', $f->url, '--pepper-file', $f->path('pepper'),
        '--issuer', "$Healthcode::Fixture::ISS{national}=" . $f->path('nat-es.key'),
        '--issuer', "$Healthcode::Fixture::ISS{province}=" . $f->path('prov-es.key'),
        @words ]) }, $class;

    for (1 .. 500) {
        return $self if ($self->{address}) = $self->output =~ /a demo on (\S+)/;
        die 'healthcode-demo did not start: ' . $self->output
            if !$self->{process}->running;
        sleep 0.02;
    }
    die 'healthcode-demo does not answer';
}


sub address { $_[0]{address} }
sub output  { $_[0]{process}->output }
sub running { $_[0]{process}->running }


# Ends it; its exit status.
sub stop {
    my ($self, $signal) = @_;
    kill $signal || 'TERM', $self->{process}->pid;
    return $self->{process}->wait(10);
}


# request(METHOD, URI, BODY, HEADER LINES): the answer, {status} 0 if none came.
# Without a Host among the lines it is the helper's own.
sub request {
    my ($self, $method, $uri, $body, @lines) = @_;
    unshift @lines, "Host: $self->{address}" if !grep { /^Host:/i } @lines;
    push @lines, 'Content-Length: ' . length $body
        if defined $body && !grep { /^(Content-Length|Transfer-Encoding):/i } @lines;
    my ($got) = exchange($self->{address}, join "\r\n",
        "$method $uri HTTP/1.1", @lines, 'Connection: close', '', $body // '');
    my ($answer) = answers($got, $method);
    return $answer // { status => 0, header => {}, body => $got };
}


# ask(WHAT, {members} or text, HEADER LINES): (status, the answer taken apart).
sub ask {
    my ($self, $what, $body, @lines) = @_;
    my $answer = $self->request('POST', "/hall/api/$what",
                                ref $body ? $json->encode($body) : $body, @lines);
    return ($answer->{status}, eval { $json->decode($answer->{body}) });
}


# What the helper reads in a frame of so many bytes of grey, undef if nothing.
sub scan {
    my ($self, $width, $height, $frame) = @_;
    my ($status, $answer) = $self->ask("scan?w=$width&h=$height", $frame);
    die "scan: $status: " . ($answer->{error} // '') . "\n" if $status != 200;
    return $answer->{text};
}


# ---- drawn QR codes ----

# modules(WHAT healthcode HAS DRAWN): rows of 0 and 1 for dark, quiet zone and all.
sub modules {
    my ($drawn) = @_;
    return _png($drawn) if $drawn =~ /^\x89PNG/;
    return _svg($drawn) if $drawn =~ /^<svg/;
    return _terminal($drawn);
}


# grey(DRAWN, PIXELS A MODULE): (width, height, a byte of grey for each pixel)
sub grey {
    my ($drawn, $scale) = @_;
    my @rows = modules($drawn);
    my $frame = '';
    for my $row (@rows) {
        $frame .= join('', map { ($_ ? "\x10" : "\xf0") x $scale } @$row) x $scale;
    }
    return ($scale * @{ $rows[0] }, $scale * @rows, $frame);
}


# One path of horizontal strokes, one module high, on a rectangle of white.
sub _svg {
    my ($drawn) = @_;
    my ($size) = $drawn =~ /viewBox="0 0 (\d+) \g1"/ or die "svg: no viewBox\n";
    my ($path) = $drawn =~ /<path stroke="#000" d="([^"]*)"\/>/ or die "svg: no path\n";
    my @rows = map { [ (0) x $size ] } 1 .. $size;
    while ($path =~ s/^M(\d+) (\d+)\.5h(\d+)//) {
        $rows[$2][$_] = 1 for $1 .. $1 + $3 - 1;
    }
    die "svg: the path goes on: $path\n" if length $path;
    return @rows;
}


# Upper and lower halves, black on white.
sub _terminal {
    my ($drawn) = @_;
    my %halves = (' ' => [ 0, 0 ], "\xe2\x96\x80" => [ 1, 0 ],
                  "\xe2\x96\x84" => [ 0, 1 ], "\xe2\x96\x88" => [ 1, 1 ]);
    my @rows;
    for my $line (split /\n/, $drawn) {
        $line =~ s/^\e\[30;107m(.*)\e\[0m$/$1/ or die "terminal: $line\n";
        my @blocks = map { $halves{$_} // die "terminal: $_\n" }
            $line =~ /\G( |\xe2\x96.)/g;
        push @rows, [ map { $_->[0] } @blocks ], [ map { $_->[1] } @blocks ];
    }
    pop @rows if @rows == @{ $rows[0] } + 1;    # an odd number of rows
    return @rows;
}


# RFC 2083, as far as this one needs it: one bit of grey a pixel.
sub _png {
    my ($drawn) = @_;
    my ($data, $width, $height, $kind) = ('');
    for (my $at = 8; $at < length $drawn; ) {
        my ($len, $name) = unpack 'N a4', substr $drawn, $at, 8;
        my $chunk = substr $drawn, $at + 8, $len;
        ($width, $height, $kind) = unpack 'N N H*', $chunk if $name eq 'IHDR';
        $data .= $chunk if $name eq 'IDAT';
        $at += 12 + $len;
    }
    die "png: $kind\n" if $kind ne '0100000000';
    my $bytes = int(($width + 7) / 8);
    my @lines = unpack "(a" . (1 + $bytes) . ')*', uncompress($data);
    my ($before, @pixels) = ("\0" x $bytes);
    for my $line (@lines) {
        my ($filter, $row) = unpack 'C a*', $line;
        if ($filter == 2) {             # up
            $row = pack 'C*', map { $_ & 255 } map { ord(substr $row, $_, 1)
                + ord(substr $before, $_, 1) } 0 .. $bytes - 1;
        } elsif ($filter) {
            die "png: filter $filter\n";
        }
        $before = $row;
        push @pixels, [ map { 1 - $_ } (split //, unpack 'B*', $row)[0 .. $width - 1] ];
    }
    my @rows = map { my $y = $_; [ map { $pixels[$y * 8][$_ * 8] } 0 .. $width / 8 - 1 ] }
        0 .. $height / 8 - 1;
    my @again = map { my $row = $_; (join '', map { ($_) x 8 } @$row) x 8 } @rows;
    die "png: its pixels are not modules of 8\n"
        if "@again" ne join ' ', map { join '', @$_ } @pixels;
    return @rows;
}

1;
