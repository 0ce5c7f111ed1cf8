# Tiny servers for the other end of the gate: one that plays a broken Redis,
# one that plays an upstream and writes down every byte that it receives, one
# that tells addresses.  All end with the test; the first two listen on a unix
# socket.

package Healthcode::Server;

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Socket qw(AF_INET AF_INET6 SOCK_STREAM SOMAXCONN);
use Time::HiRes qw(sleep time);

use Healthcode::Keys qw($PUSH);
use Healthcode::Process;


sub _listen {
    my ($path) = @_;
    unlink $path;
    return IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $path,
                                 Listen => SOMAXCONN) || die "$path: $!";
}


# A server at $path that hands each connection to $serve->($client, $number),
# one after the other, for at most two minutes.
sub start {
    my ($class, $path, $serve) = @_;
    my $listen = _listen($path);

    my $process = Healthcode::Process->spawn(sub {
        my $until = time + 120;
        my $number = 0;
        $SIG{PIPE} = 'IGNORE';
        while (time < $until) {
            IO::Select->new($listen)->can_read(1) or next;
            my $client = $listen->accept or next;
            eval { $serve->($client, $number++) };
            close $client;
        }
    });

    close $listen;
    return bless { path => $path, process => $process }, $class;
}


sub path { $_[0]{path} }
sub stop { $_[0]{process}->end('KILL'); unlink $_[0]{path} }


# Writes all of $bytes, within $seconds.
sub put {
    my ($client, $bytes, $seconds) = @_;
    my $until = time + $seconds;
    $client->blocking(0);
    while (length $bytes && time < $until) {
        IO::Select->new($client)->can_write(0.1) or next;
        my $n = syswrite $client, $bytes, 65536;
        if (defined $n) { substr $bytes, 0, $n, '' }
        elsif (!$!{EAGAIN}) { return 0 }
    }
    return !length $bytes;
}


# Reads until the peer is silent for $seconds or closes (then undef).
sub take {
    my ($client, $seconds) = @_;
    my $got = '';
    while (IO::Select->new($client)->can_read($seconds)) {
        my $n = sysread $client, $got, 65536, length $got;
        next if !defined $n && $!{EAGAIN};
        return length $got ? $got : undef if !$n;
        $seconds = 0.02;
    }
    return $got;
}


# Strings as Redis says them.
sub bulk { join '', map { '$' . length() . "\r\n$_\r\n" } @_ }


# What a store says whose changes are pushed: to the handshake, without a user
# or a database; to a heartbeat; and behind it, where that asks for the memory
# policy, too.
sub proof {
    my ($pepper_check) = @_;
    my $meta = "%3\r\n" . bulk('schema', 2, 'instance', 'x', 'pepper_check',
                               $pepper_check);
    my $role = "*3\r\n" . bulk('master') . ":0\r\n*0\r\n";
    my $info = bulk("\r\nmaxmemory_policy:noeviction");
    my $time = "*2\r\n" . bulk(int time, 0);
    my $data = "*0\r\n";
    my $tracked = "%1\r\n" . bulk('flags') . "~1\r\n" . bulk('on');
    my $stats = bulk("\r\ntracking_total_keys:5\r\n");
    my $push = ">2\r\n" . bulk('invalidate') . "*1\r\n" . bulk($PUSH);
    return ("%1\r\n" . bulk('proto') . ":3\r\n+OK\r\n$tracked" . "_\r\n:1\r\n$push"
            . "$time$data$role$info$meta", $role . $meta,
            "$info$time$data$tracked$stats");
}


# An upstream that answers "upstream\n" with @headers and appends each request
# as it came to $file.
sub upstream {
    my ($class, $path, $file, @headers) = @_;

    return $class->start($path, sub {
        my ($client) = @_;
        my $got = '';
        my $until = time + 5;
        while (time < $until) {
            IO::Select->new($client)->can_read(1) or next;
            sysread $client, $got, 65536, length $got or last;
            my ($head, $body) = $got =~ /^(.*?\r\n\r\n)(.*)$/s or next;
            my ($length) = $head =~ /^content-length: *(\d+)/mi;
            last if length $body >= ($length // 0);
        }
        open my $out, '>>', $file or die "$file: $!";
        syswrite $out, $got;
        close $out;
        put($client, join("\r\n", 'HTTP/1.1 200 OK', 'Content-Length: 9',
                          'Connection: close', @headers, '', "upstream\n"), 5);
    });
}

# A name server that answers every question for an address with the one that
# stands in the file $path, for a second; with "no such name" if there is none.
# The process, and its port.
sub names {
    my ($path) = @_;
    my $socket = IO::Socket::INET->new(Proto => 'udp',
                                       LocalAddr => '127.0.0.1') or die $!;
    my $process = Healthcode::Process->spawn(sub {
        my $until = time + 120;
        while (time < $until) {
            IO::Select->new($socket)->can_read(1) or next;
            my $peer = recv $socket, my $query, 512, 0;
            my ($id, $question) = (substr($query, 0, 2), substr $query, 12);
            $question =~ s/^((?:[^\0].*?)?\0....).*/$1/s;
            open my $in, '<', $path or next;
            my $address = <$in> // '';
            my $found = $address =~ /^[\d.]+$/;
            send $socket, $id . pack('n5', 0x8180 | ($found ? 0 : 3), 1,
                $found ? 1 : 0, 0, 0) . $question
                . ($found ? pack('n3Nn', 0xc00c, 1, 1, 1, 4)
                            . pack('C4', split /\./, $address) : ''), 0, $peer;
        }
    });
    return ($process, $socket->sockport);
}


# A name server for what the file $path holds when it is asked, a record a line:
# "NAME A 127.0.0.1", "NAME AAAA ::1", "NAME SRV PRIORITY WEIGHT PORT
# TARGET"; each is good for a second.  Without a line there is no such name;
# "NAME fails" is an error of the server.  The process, and its port.
sub zone {
    my ($path) = @_;
    my %type = (A => 1, AAAA => 28, SRV => 33);
    my $socket = IO::Socket::INET->new(Proto => 'udp',
                                       LocalAddr => '127.0.0.1') or die $!;
    my $process = Healthcode::Process->spawn(sub {
        my $until = time + 300;
        while (time < $until) {
            IO::Select->new($socket)->can_read(1) or next;
            my $peer = recv $socket, my $query, 512, 0;
            my ($name, $asked) = _question($query);
            open my $in, '<', $path or next;
            my @known = map { [ split ] } grep { /^\Q$name\E / } <$in>;
            my @found = grep { ($type{$_->[1]} || 0) == $asked } @known;
            my $code = !@known ? 3 : $known[0][1] eq 'fails' ? 2 : 0;
            send $socket, substr($query, 0, 2)
                . pack('n5', 0x8180 | $code, 1, scalar @found, 0, 0)
                . _name($name) . pack('n2', $asked, 1)
                . join('', map { _record($asked, @$_) } @found), 0, $peer;
        }
    });
    return ($process, $socket->sockport);
}


# The name and the type that a query asks for.
sub _question {
    my ($query) = @_;
    my ($rest, @labels) = substr $query, 12;
    while ((my $len = ord $rest) > 0) {
        push @labels, lc substr $rest, 1, $len;
        $rest = substr $rest, 1 + $len;
    }
    return (join('.', @labels), unpack 'n', substr $rest, 1);
}


sub _name { pack '(C/a)*', split(/\./, $_[0]), '' }


sub _record {
    my ($type, $name, undef, @data) = @_;
    my $data = $type == 33 ? pack('n3', @data[0 .. 2]) . _name($data[3] // '')
             : Socket::inet_pton($type == 28 ? AF_INET6 : AF_INET, $data[0]);
    return pack('n3Nn/a', 0xc00c, $type, 1, 1, $data);
}

1;
