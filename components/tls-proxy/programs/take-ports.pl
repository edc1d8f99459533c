# Words: paths of those who hold ports, `--`, a command. Becomes the command, which finds the listening sockets as nginx's own upgrade hands them
# over: in the variable NGINX. When a holder goes, its socket is of no more use: the command is told to end, and the container starts again.
use strict;
use warnings;
use Socket;
use POSIX ();

my $recvmsg = { x86_64 => 47, aarch64 => 212 }->{ (POSIX::uname())[4] } // die "only for x86_64 and aarch64\n";
my (@desks, @sockets);
while (defined(my $path = shift @ARGV)) {
    last if $path eq "--";
    my ($desk, $said);
    until (socket($desk, AF_UNIX, SOCK_STREAM, 0) && connect($desk, sockaddr_un($path))) {
        warn "waiting for $path: $!\n" unless $said++;
        select undef, undef, undef, 0.1;
    }
    my $data = pack "x1";
    my $piece = pack "P Q", $data, 1;
    my $control = pack "x24";
    my $message = pack "Q Q P Q P Q Q", 0, 0, $piece, 1, $control, 24, 0;
    syscall($recvmsg, fileno $desk, $message, 0) == 1 or die "$path: $!\n";
    push @desks, $desk;
    push @sockets, unpack "x16 i", $control;
}

my $command = $$;
my $child = fork // die "$!\n";
if ($child == 0) {
    # A grandchild, which isn't the command's to wait for.
    POSIX::_exit(0) if fork;
    POSIX::close($_) for @sockets;
    my $bits = "";
    vec($bits, fileno $_, 1) = 1 for @desks;
    select $bits, undef, undef, undef;
    kill "QUIT", $command;
    sleep 5;
    kill "TERM", $command;
    POSIX::_exit(0);
}
waitpid $child, 0;
$ENV{NGINX} = join "", map { "$_;" } @sockets;
exec @ARGV or die "$ARGV[0]: $!\n";
