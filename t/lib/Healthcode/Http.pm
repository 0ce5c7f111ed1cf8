# Sends raw bytes over a socket and reads the answers, in bounded time.
# Knows just enough HTTP to keep pipelined answers apart.  exchange() sends and
# reads all, get() sends one request, answer_of() puts an answer in words.

package Healthcode::Http;

use strict;
use warnings;

use Exporter qw(import);
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Socket qw(SOCK_STREAM);
use Time::HiRes qw(time);

our @EXPORT_OK = qw(dial get exchange answers answer_of);


# "127.0.0.1:8080" or "/path/of/a.sock" -> a connected socket.
sub dial {
    my ($to) = @_;
    my $socket = $to =~ m{^/}
        ? IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $to)
        : IO::Socket::INET->new(PeerAddr => $to, Timeout => 5);
    return $socket || die "connect $to: $!\n";
}


# Sends $bytes and reads until the peer closes.  Returns what came and the
# seconds that took; dies after $timeout seconds.
sub exchange {
    my ($to, $bytes, $timeout) = @_;
    my $start = time;
    my $deadline = $start + ($timeout || 10);
    my $socket = ref $to ? $to : dial($to);
    my $select = IO::Select->new($socket);
    my $got = '';

    local $SIG{PIPE} = 'IGNORE';
    $socket->blocking(0);

    while (1) {
        my $left = $deadline - time;
        die "no end of the answer after " . length($got) . " bytes\n"
            if $left <= 0;
        if (length $bytes) {
            my (undef, $w) = IO::Select->select($select, $select, undef, $left);
            if ($w && @$w) {
                my $n = syswrite $socket, $bytes, 65536;
                if (defined $n) { substr $bytes, 0, $n, '' }
                elsif (!$!{EAGAIN}) { $bytes = '' }
            }
        }
        if ($select->can_read(length $bytes ? 0 : $left)) {
            my $n = sysread $socket, $got, 65536, length $got;
            last if defined $n ? $n == 0 : !$!{EAGAIN};
        }
    }

    return ($got, time - $start);
}


# Takes the bytes of answers apart; @methods tells which were to HEAD.
sub answers {
    my ($bytes, @methods) = @_;
    my @answers;

    while ($bytes =~ s/^HTTP\/1\.[01] (\d+)[^\r\n]*\r\n//) {
        my %a = (status => $1, headers => [], header => {}, body => '');
        my $method = shift @methods || 'GET';
        while ($bytes =~ s/^([^\r\n]*)\r\n//) {
            last if $1 eq '';
            my ($name, $value) = split /:\s*/, $1, 2;
            push @{ $a{headers} }, [ $name, $value ];
            $a{header}{ lc $name } = $value;
        }
        if ($method eq 'HEAD' || $a{status} =~ /^(1..|204|304)$/) {
            # no body
        } elsif (defined(my $n = $a{header}{'content-length'})) {
            $a{body} = substr $bytes, 0, $n, '';
        } elsif (($a{header}{'transfer-encoding'} || '') eq 'chunked') {
            while ($bytes =~ s/^([0-9a-fA-F]+)\r\n//) {
                my $size = hex $1;
                $a{body} .= substr $bytes, 0, $size, '';
                $bytes =~ s/^\r\n//;
                last if $size == 0;
            }
        } else {
            $a{body} = $bytes;
            $bytes = '';
        }
        push @answers, \%a;
    }

    return @answers;
}


# get($to, $uri, \@header_lines, method => M, timeout => S): one answer, with
# the seconds it took in {time}; {status} 0 if there was none.
sub get {
    my ($to, $uri, $headers, %opt) = @_;
    my $method = $opt{method} || 'GET';
    my $body = $opt{body};
    my $bytes = join "\r\n", "$method $uri HTTP/1.1", 'Host: localhost',
        'Connection: close', @{ $headers || [] },
        (defined $body ? 'Content-Length: ' . length $body : ()), '', '';

    my ($got, $time) = exchange($to, $bytes . ($body // ''), $opt{timeout});
    my ($answer) = answers($got, $method);
    $answer ||= { status => 0, header => {}, headers => [], body => $got };
    $answer->{time} = $time;
    $answer->{raw} = $got;
    return $answer;
}

# What an answer amounts to: "200", or "403 flagged".
sub answer_of {
    my ($answer) = @_;
    my $status = $answer->{status};
    return $status if $status < 400;
    my ($reason) = $answer->{body} =~ /"reason": *"(\w+)"/;
    return $status . ' ' . ($reason // '(no reason)');
}

1;
